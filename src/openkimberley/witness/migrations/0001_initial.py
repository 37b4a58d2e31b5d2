"""The tables of the witness, and the guard of its evidence: the database itself refuses to change or delete it."""

from django.db import migrations, models

SQLITE = [
    """CREATE TRIGGER witness_evidence_no_update BEFORE UPDATE ON witness_evidence
       BEGIN SELECT RAISE(ABORT, 'evidence is kept as it is: no piece is changed'); END""",
    """CREATE TRIGGER witness_evidence_no_delete BEFORE DELETE ON witness_evidence
       BEGIN SELECT RAISE(ABORT, 'evidence is kept for ever: no piece is deleted'); END""",
]
POSTGRESQL = [
    """CREATE FUNCTION witness_evidence_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'evidence is kept for ever: no piece is changed or deleted'; END $$""",
    """CREATE TRIGGER witness_evidence_no_change BEFORE UPDATE OR DELETE ON witness_evidence
       FOR EACH ROW EXECUTE FUNCTION witness_evidence_refuse()""",
    """CREATE TRIGGER witness_evidence_no_truncate BEFORE TRUNCATE ON witness_evidence
       FOR EACH STATEMENT EXECUTE FUNCTION witness_evidence_refuse()""",
]


def guard(apps, schema_editor):
    """Install the triggers of the database in use; a database without guards is refused."""
    for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def unguard(apps, schema_editor):
    """Only for taking the whole table away again."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION IF EXISTS witness_evidence_refuse() CASCADE")
    else:
        for name in ("witness_evidence_no_update", "witness_evidence_no_delete"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}")


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Asked',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('vkey', models.CharField(max_length=250, unique=True)),
                ('held', models.BigIntegerField(default=0)),
                ('cosigned', models.BigIntegerField(default=-1)),
                ('cosigned_at', models.BigIntegerField(default=0)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('not_before', models.BigIntegerField(default=0)),
                ('trouble', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'ordering': ['vkey'],
            },
        ),
        migrations.CreateModel(
            name='Finding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mark', models.CharField(max_length=64, unique=True)),
                ('code', models.CharField(max_length=30)),
                ('origin', models.CharField(blank=True, max_length=200)),
                ('sentence', models.CharField(max_length=500)),
                ('remedy', models.CharField(blank=True, max_length=500)),
                ('evidence', models.JSONField(default=dict)),
                ('alert', models.CharField(blank=True, max_length=40)),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Office',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('vkey', models.CharField(max_length=250, unique=True)),
                ('since', models.DateTimeField()),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='WitnessedLog',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('origin', models.CharField(max_length=200, unique=True)),
                ('log_id', models.CharField(max_length=64, unique=True)),
                ('participant', models.CharField(blank=True, max_length=2)),
                ('vkeys', models.JSONField(default=list)),
                ('url', models.CharField(blank=True, max_length=300)),
                ('about', models.JSONField(default=dict)),
                ('size', models.BigIntegerField(default=0)),
                ('root', models.BinaryField(max_length=32)),
                ('note', models.TextField(blank=True)),
                ('cosignature', models.TextField(blank=True)),
                ('at', models.BigIntegerField(default=0)),
            ],
            options={
                'ordering': ['origin'],
            },
        ),
        migrations.CreateModel(
            name='Evidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fingerprint', models.CharField(max_length=64, unique=True)),
                ('origin', models.CharField(max_length=200)),
                ('kind', models.CharField(max_length=16)),
                ('held', models.TextField()),
                ('shown', models.TextField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['origin', 'id'], name='witness_evidence_origin')],
            },
        ),
        migrations.RunPython(guard, unguard),
    ]
