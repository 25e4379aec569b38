"""An organiser's own metric: its file and how it is called are part of a scoring version; its log is kept."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("competitions", "0003_boards")]

    operations = [
        migrations.AddField(
            model_name="scoringversion", name="program", field=models.JSONField(blank=True, default=dict)
        ),
        migrations.AddField(
            model_name="scoringversion",
            name="program_file",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="competitions.blob",
            ),
        ),
        migrations.AddField(model_name="evaluation", name="program_log", field=models.TextField(blank=True)),
    ]
