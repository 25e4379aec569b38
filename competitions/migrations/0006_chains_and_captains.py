from django.db import migrations, models
from django.utils.crypto import salted_hmac

from competitions.chain import FIELDS, HEAD_SALT, START, chain_of, digest, head_text, plain
from competitions.database import append_only


def chain_what_is_there(apps, schema_editor):
    """Rows from before the chains are chained in the order in which they were written."""
    event_model, head_model = apps.get_model('competitions', 'AuditEvent'), apps.get_model('competitions', 'AuditHead')
    names = dict(apps.get_model('competitions', 'User').objects.values_list('pk', 'username'))
    heads = {}
    for event in event_model.objects.order_by('pk').iterator(chunk_size=1000):
        event.chain = chain_of(event.competition_id)
        count, last_hash = heads.get(event.chain, (0, START))
        event.number, event.previous = count + 1, last_hash
        event.actor_name = names.get(event.actor_id, '')
        event.detail = plain(event.detail)
        event.hash = digest({name: getattr(event, name) for name in FIELDS}, event.previous)
        event.save()
        heads[event.chain] = (event.number, event.hash)
    for chain, (count, last_hash) in heads.items():
        signature = salted_hmac(HEAD_SALT, head_text(chain, count, last_hash), algorithm='sha256').hexdigest()
        head = {'count': count, 'last_hash': last_hash, 'signature': signature}
        head_model.objects.update_or_create(chain=chain, defaults=head)


def install_triggers(apps, schema_editor):
    append_only.execute(schema_editor.connection, append_only.installing(schema_editor.connection.vendor))


def remove_triggers(apps, schema_editor):
    append_only.execute(schema_editor.connection, append_only.removing(schema_editor.connection.vendor))


def keep_signed_names(apps, schema_editor):
    """Receipts were signed over the team's name as it is: nobody could rename a team before."""
    submissions = apps.get_model('competitions', 'Submission')
    teams = apps.get_model('competitions', 'Team')
    name = teams.objects.filter(pk=models.OuterRef('team')).values('name')
    submissions.objects.update(team_name=models.Subquery(name[:1]))


def name_captains(apps, schema_editor):
    """Whoever came first leads."""
    members = apps.get_model('competitions', 'TeamMember')
    first = members.objects.filter(team=models.OuterRef('team')).order_by('joined_at', 'pk').values('pk')
    members.objects.filter(pk=models.Subquery(first[:1])).update(is_captain=True)


class Migration(migrations.Migration):

    dependencies = [
        ('competitions', '0005_whole_life'),
    ]

    operations = [
        migrations.RunPython(keep_signed_names, migrations.RunPython.noop),
        migrations.RunPython(name_captains, migrations.RunPython.noop),
        migrations.RunPython(chain_what_is_there, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='auditevent',
            constraint=models.UniqueConstraint(fields=('chain', 'number'), name='audit_number_once'),
        ),
        migrations.AddConstraint(
            model_name='auditevent',
            constraint=models.UniqueConstraint(fields=('chain', 'previous'), name='audit_chain_never_forks'),
        ),
        # Last: on SQLite each change of the table above rebuilds it, without its triggers.
        migrations.RunPython(install_triggers, remove_triggers),
    ]
