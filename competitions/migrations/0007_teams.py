import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


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
        ('competitions', '0006_talking'),
    ]

    operations = [
        migrations.CreateModel(
            name='FinalChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('chosen_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['submission_id'],
            },
        ),
        migrations.CreateModel(
            name='FinalRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('chosen', models.JSONField(default=list)),
                ('counted', models.JSONField(default=list)),
                ('is_default', models.BooleanField()),
                ('locked_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='TeamInvitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('digest', models.CharField(blank=True, max_length=64, null=True, unique=True)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='TeamMerge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('open', 'open'), ('declined', 'declined'), ('withdrawn', 'withdrawn')], default='open', max_length=10)),
                ('proposed_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.AlterModelOptions(
            name='teammember',
            options={'ordering': ['pk']},
        ),
        migrations.AddField(
            model_name='competition',
            name='final_counts',
            field=models.CharField(choices=[('better', 'the better one'), ('last', 'the last one'), ('mean', 'their mean')], default='better', max_length=8),
        ),
        migrations.AddField(
            model_name='competition',
            name='final_select',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='competition',
            name='team_deadline',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='competition',
            name='team_max_size',
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='submission',
            name='team_name',
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name='teammember',
            name='is_captain',
            field=models.BooleanField(default=False),
        ),
        migrations.AddConstraint(
            model_name='competition',
            constraint=models.CheckConstraint(condition=models.Q(('final_counts__in', ['better', 'last', 'mean'])), name='competition_final_counts_is_known'),
        ),
        migrations.AddConstraint(
            model_name='competition',
            constraint=models.CheckConstraint(condition=models.Q(('team_max_size__gte', 1)), name='competition_team_has_a_member'),
        ),
        migrations.AddConstraint(
            model_name='teammember',
            constraint=models.UniqueConstraint(condition=models.Q(('is_captain', True)), fields=('team',), name='one_captain_per_team'),
        ),
        migrations.AddField(
            model_name='finalchoice',
            name='submission',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='final_choice', to='competitions.submission'),
        ),
        migrations.AddField(
            model_name='finalchoice',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='finalrecord',
            name='phase',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='final_records', to='competitions.phase'),
        ),
        migrations.AddField(
            model_name='finalrecord',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='competitions.task'),
        ),
        migrations.AddField(
            model_name='finalrecord',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='final_records', to='competitions.team'),
        ),
        migrations.AddField(
            model_name='teaminvitation',
            name='invited_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='teaminvitation',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='competitions.team'),
        ),
        migrations.AddField(
            model_name='teaminvitation',
            name='user',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='team_invitations', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='teammerge',
            name='other',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='merges_received', to='competitions.team'),
        ),
        migrations.AddField(
            model_name='teammerge',
            name='proposed_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='teammerge',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='merges_proposed', to='competitions.team'),
        ),
        migrations.AddConstraint(
            model_name='finalrecord',
            constraint=models.UniqueConstraint(fields=('team', 'phase', 'task'), name='final_record_once'),
        ),
        migrations.AddConstraint(
            model_name='teaminvitation',
            constraint=models.UniqueConstraint(condition=models.Q(('closed_at', None), ('user__isnull', False)), fields=('team', 'user'), name='invited_once_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='teaminvitation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('digest', None), ('user__isnull', False)), models.Q(('digest__isnull', False), ('user', None)), _connector='OR'), name='invitation_by_name_or_by_link'),
        ),
        migrations.AddConstraint(
            model_name='teammerge',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'open')), fields=('team', 'other'), name='merge_proposed_once_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='teammerge',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['open', 'declined', 'withdrawn'])), name='merge_status_is_known'),
        ),
        migrations.AddConstraint(
            model_name='teammerge',
            constraint=models.CheckConstraint(condition=models.Q(('team', models.F('other')), _negated=True), name='merge_of_two_teams'),
        ),
        migrations.RunPython(keep_signed_names, migrations.RunPython.noop),
        migrations.RunPython(name_captains, migrations.RunPython.noop),
    ]
