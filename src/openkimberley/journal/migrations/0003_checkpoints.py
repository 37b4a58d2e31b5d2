"""Checkpoints and witnesses' cosignatures: tables that only ever grow, guarded by the database itself."""

from django.db import migrations, models

TABLES = ("journal_checkpoint", "journal_cosignature")
SQLITE = [
    *(
        f"""CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
            BEGIN SELECT RAISE(ABORT, 'what seals the journal is append-only: it is never changed or deleted'); END"""
        for table in TABLES for verb in ("UPDATE", "DELETE")
    ),
    """CREATE TRIGGER journal_checkpoint_grows BEFORE INSERT ON journal_checkpoint
       WHEN NEW.size <= (SELECT COALESCE(MAX(size), 0) FROM journal_checkpoint)
       BEGIN SELECT RAISE(ABORT, 'the journal only grows: a checkpoint must be larger than the last one'); END""",
    """CREATE TRIGGER journal_cosignature_of_checkpoint BEFORE INSERT ON journal_cosignature
       WHEN NOT EXISTS (SELECT 1 FROM journal_checkpoint WHERE size = NEW.size)
       BEGIN SELECT RAISE(ABORT, 'there is no checkpoint of that size to cosign'); END""",
]
POSTGRESQL = [
    """CREATE FUNCTION journal_seal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'what seals the journal is append-only: it is never changed or deleted'; END $$""",
    *(
        f"""CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION journal_seal_refuse()"""
        for table in TABLES
    ),
    *(
        f"""CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION journal_seal_refuse()"""
        for table in TABLES
    ),
    """CREATE FUNCTION journal_seal_grows() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF TG_TABLE_NAME = 'journal_checkpoint' THEN
           IF NEW.size <= (SELECT COALESCE(MAX(size), 0) FROM journal_checkpoint) THEN
             RAISE EXCEPTION 'the journal only grows: a checkpoint must be larger than the last one';
           END IF;
         ELSIF NOT EXISTS (SELECT 1 FROM journal_checkpoint WHERE size = NEW.size) THEN
           RAISE EXCEPTION 'there is no checkpoint of that size to cosign';
         END IF;
         RETURN NEW;
       END $$""",
    *(
        f"CREATE TRIGGER {table}_grows BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION journal_seal_grows()"
        for table in TABLES
    ),
]


def guard(apps, schema_editor):
    """Install the triggers of the database in use; a database without guards is refused."""
    for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def unguard(apps, schema_editor):
    """Only for taking the whole tables away again."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION IF EXISTS journal_seal_refuse() CASCADE")
        schema_editor.execute("DROP FUNCTION IF EXISTS journal_seal_grows() CASCADE")
        return
    for name in ("journal_checkpoint_grows", "journal_cosignature_of_checkpoint"):
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}")
    for table in TABLES:
        for verb in ("UPDATE", "DELETE"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")


class Migration(migrations.Migration):
    """Tables and triggers in one step: there is never an unguarded checkpoint."""

    dependencies = [("journal", "0002_published_entries")]
    operations = [
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("root", models.BinaryField(max_length=32)),
                ("note", models.TextField()),
                ("at", models.DateTimeField()),
            ],
            options={"ordering": ["size"]},
        ),
        migrations.CreateModel(
            name="Cosignature",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("size", models.BigIntegerField()),
                ("witness", models.CharField(max_length=200)),
                ("key_id", models.BinaryField(max_length=4)),
                ("time", models.BigIntegerField()),
                ("line", models.TextField()),
            ],
            options={
                "ordering": ["size", "time"],
                "indexes": [models.Index(fields=["size", "time"], name="journal_cosigned")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("size", "witness", "key_id", "time"), name="journal_cosigned_once"
                    )
                ],
            },
        ),
        migrations.RunPython(guard, unguard),
    ]
