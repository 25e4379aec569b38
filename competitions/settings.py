"""Settings, read once from the environment. Without any variable: SQLite, a private Redis, files in a local folder."""

from pathlib import Path

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from competitions.environment import Environment, kept_secret, processors, socket_path

BASE_DIR = Path(__file__).resolve().parent.parent
environment = Environment.current()

# -- where things are ---------------------------------------------------------------------------------------------
TIDEMARK_HOME = environment.folder("TIDEMARK_HOME", BASE_DIR / ".tidemark")
TIDEMARK_PORT = environment.integer("TIDEMARK_PORT", default=8000, minimum=1, maximum=65535)
TIDEMARK_HOST = environment.text("TIDEMARK_HOST", "127.0.0.1")
FILES_DIR = environment.folder("TIDEMARK_FILES", TIDEMARK_HOME / "files")
MAIL_DIR = TIDEMARK_HOME / "mail"
SITE_URL = environment.text("TIDEMARK_URL", f"http://{TIDEMARK_HOST}:{TIDEMARK_PORT}").rstrip("/")  # in mails

# -- security -----------------------------------------------------------------------------------------------------
SECRET_KEY = environment.text("TIDEMARK_SECRET_KEY") or kept_secret(TIDEMARK_HOME / "secret_key")
SECRET_KEY_FALLBACKS = environment.words("TIDEMARK_SECRET_KEY_FALLBACKS")
DEBUG = environment.flag("TIDEMARK_DEBUG", default=False)
ALLOWED_HOSTS = environment.words("TIDEMARK_ALLOWED_HOSTS", ("127.0.0.1", "localhost", "[::1]"))
CSRF_TRUSTED_ORIGINS = environment.words("TIDEMARK_TRUSTED_ORIGINS")
HTTPS_ONLY = environment.flag("TIDEMARK_HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS_ONLY
SESSION_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = HTTPS_ONLY
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS_ONLY else 0
if HTTPS_ONLY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap draws its icons as data: URLs in its style sheet
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

# -- the application ----------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "competitions",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "competitions.caching.private_pages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "competitions.urls"
WSGI_APPLICATION = "competitions.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "competitions" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "competitions.pages.notices.notices_in_layout",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- people -------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "competitions.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = environment.text("TIDEMARK_EMAIL_VERIFICATION", "mandatory")
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Tidemark] "
ACCOUNT_PREVENT_ENUMERATION = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
USERSESSIONS_TRACK_ACTIVITY = False

# -- mail: files in the embedded default, SMTP when a server is named -------------------------------------------------
EMAIL_HOST = environment.text("TIDEMARK_SMTP_HOST")
EMAIL_PORT = environment.integer("TIDEMARK_SMTP_PORT", default=587, minimum=1, maximum=65535)
EMAIL_HOST_USER = environment.text("TIDEMARK_SMTP_USER")
EMAIL_HOST_PASSWORD = environment.text("TIDEMARK_SMTP_PASSWORD")
EMAIL_USE_TLS = environment.flag("TIDEMARK_SMTP_TLS", default=True)
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = MAIL_DIR
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = environment.text("TIDEMARK_MAIL_FROM", "Tidemark <noreply@localhost>")

# -- webhooks: never to a machine's own services, but for tests -------------------------------------------------------
WEBHOOKS_TO_LOOPBACK = environment.flag("TIDEMARK_WEBHOOKS_TO_LOOPBACK", default=False)

# -- database -----------------------------------------------------------------------------------------------------
SQLITE = {
    "ENGINE": "competitions.database.gated_sqlite",
    "NAME": TIDEMARK_HOME / "tidemark.sqlite3",
    "TEST": {"NAME": TIDEMARK_HOME / "test.sqlite3"},
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    },
}
DATABASES = {"default": environment.database("DATABASE_URL", SQLITE)}

# -- queue and cache ----------------------------------------------------------------------------------------------
REDIS_SOCKET = socket_path(TIDEMARK_HOME)
REDIS_URL = environment.redis_url("REDIS_URL")
CELERY_BROKER_URL = REDIS_URL or f"redis+socket://{REDIS_SOCKET}"
CACHES = {
    "default": {
        "BACKEND": "competitions.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL or f"unix://{REDIS_SOCKET}",
        "KEY_PREFIX": "tidemark",
        "VERSION": 2,  # values are JSON since then
    }
}
LEASE_SECONDS = environment.integer("TIDEMARK_LEASE_SECONDS", default=45, minimum=3, maximum=3600)
SWEEP_SECONDS = environment.integer("TIDEMARK_SWEEP_SECONDS", default=10, minimum=1, maximum=300)
MAX_ATTEMPTS = 5
WEB_WORKERS = environment.integer("TIDEMARK_WEB_WORKERS", default=1, minimum=1, maximum=64)
WORKER_SLOTS = environment.integer("TIDEMARK_WORKER_SLOTS", default=2, minimum=0, maximum=64)
CODE_SLOTS = environment.integer("TIDEMARK_CODE_SLOTS", default=processors(), minimum=0, maximum=256)

# -- boxes ------------------------------------------------------------------------------------------------------------
RUNTIMES_DIR = environment.path("TIDEMARK_RUNTIMES", BASE_DIR / ".venv" / "runtimes")
SANDBOX_BACKEND = environment.text("TIDEMARK_SANDBOX", "bubblewrap")
SANDBOX_IMAGE = environment.text("TIDEMARK_SANDBOX_IMAGE")  # docker and kubernetes
SANDBOX_SOCKET = environment.text("TIDEMARK_SANDBOX_SOCKET", "/var/run/docker.sock")
KUBERNETES = {
    "exchange": environment.text("TIDEMARK_KUBERNETES_EXCHANGE"),
    "exchange_claim": environment.text("TIDEMARK_KUBERNETES_EXCHANGE_CLAIM", "tidemark-exchange"),
    "volumes": environment.pairs("TIDEMARK_KUBERNETES_VOLUMES"),
    "runtime_class": environment.text("TIDEMARK_KUBERNETES_RUNTIME_CLASS", "gvisor"),
    "seccomp_profile": environment.text("TIDEMARK_KUBERNETES_SECCOMP"),
    "user_namespaces": environment.flag("TIDEMARK_KUBERNETES_USER_NAMESPACES", default=True),
    "server": environment.text("TIDEMARK_KUBERNETES_SERVER", "https://kubernetes.default.svc"),
    "token_file": environment.text(
        "TIDEMARK_KUBERNETES_TOKEN_FILE", "/var/run/secrets/kubernetes.io/serviceaccount/token"
    ),
    "ca_file": environment.text("TIDEMARK_KUBERNETES_CA_FILE", "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"),
    "start_seconds": environment.integer("TIDEMARK_KUBERNETES_START_SECONDS", default=300, minimum=1, maximum=86_400),
}
BOX_WALL_SECONDS = environment.integer("TIDEMARK_BOX_WALL_SECONDS", default=600, minimum=1, maximum=86_400)
# The largest file, and the largest unpacked archive, that organisers put into a contest's workspace.
ORIGINAL_BYTES = environment.integer("TIDEMARK_ORIGINAL_MIB", default=20_480, minimum=1, maximum=10_000_000) << 20
CHECK_START_SECONDS = environment.integer("TIDEMARK_CHECK_START_SECONDS", default=5, minimum=1, maximum=60)
CHECK_SECONDS = environment.integer("TIDEMARK_CHECK_SECONDS", default=40, minimum=1, maximum=300)
CHECKS_PER_HOUR = environment.integer("TIDEMARK_CHECKS_PER_HOUR", default=60, minimum=1, maximum=10_000)
BOX_MEMORY_MIB = environment.integer("TIDEMARK_BOX_MEMORY_MIB", default=1024, minimum=128, maximum=1_048_576)
# What an organiser's own metric may use beside that.
BOX_PROGRAM_MEMORY_MIB = environment.integer(
    "TIDEMARK_BOX_PROGRAM_MEMORY_MIB", default=2048, minimum=256, maximum=1_048_576
)
BOX_TMP_MIB = environment.integer("TIDEMARK_BOX_TMP_MIB", default=1024, minimum=16, maximum=1_048_576)
BOX_TRUTH_MIB = environment.integer("TIDEMARK_BOX_TRUTH_MIB", default=8192, minimum=64, maximum=1_048_576)

# -- languages and time -------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ja", _("Japanese"))]
LOCALE_PATHS = [BASE_DIR / "competitions" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# -- static files: ours, and Bootstrap from the npm package -----------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [
    BASE_DIR / "competitions" / "assets",
    ("bootstrap", BASE_DIR / "node_modules" / "bootstrap" / "dist"),
]
STATIC_ROOT = TIDEMARK_HOME / "static"
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": FILES_DIR}},
    "staticfiles": {"BACKEND": "competitions.static_files.GzippedFiles"},
}
FILE_UPLOAD_TEMP_DIR = environment.folder("TIDEMARK_UPLOADS", FILES_DIR / "incoming")
FILE_UPLOAD_HANDLERS = ["competitions.uploads.ReceivingHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576

# -- API ----------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "competitions.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {"anon": "120/min", "user": "600/min"},
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tidemark",
    "DESCRIPTION": "Competitions, data, submissions and leaderboards.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    # Names for values of fields that are called alike.
    "ENUM_NAME_OVERRIDES": {
        "StatusEnum": "competitions.status.EvaluationStatus.values",
        "RunStatusEnum": "competitions.status.ExecutionStatus.values",
        "KindEnum": "competitions.status.BoardKind.values",
        "RunKindEnum": "competitions.status.ExecutionKind.values",
        "SubmissionKindEnum": "competitions.status.SubmissionKind.values",
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"secrets": {"()": "competitions.log_redaction.SecretsOfLinks"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["secrets"]}},
    "root": {"handlers": ["stderr"], "level": environment.text("TIDEMARK_LOG_LEVEL", "INFO")},
}
