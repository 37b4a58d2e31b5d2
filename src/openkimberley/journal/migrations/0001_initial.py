"""The journal's table and its guards: the database itself refuses to change or delete an entry."""

from django.db import migrations, models

SQLITE = [
    """CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal_entry
       BEGIN SELECT RAISE(ABORT, 'the journal is append-only: no entry is changed'); END""",
    """CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal_entry
       BEGIN SELECT RAISE(ABORT, 'the journal is append-only: no entry is deleted'); END""",
    """CREATE TRIGGER journal_gapless BEFORE INSERT ON journal_entry
       WHEN NEW."index" <> (SELECT COALESCE(MAX("index") + 1, 0) FROM journal_entry)
       BEGIN SELECT RAISE(ABORT, 'the journal is gapless: the index must follow the last one'); END""",
]
POSTGRESQL = [
    """CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'the journal is append-only: no entry is changed or deleted'; END $$""",
    """CREATE TRIGGER journal_no_change BEFORE UPDATE OR DELETE ON journal_entry
       FOR EACH ROW EXECUTE FUNCTION journal_refuse()""",
    """CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal_entry
       FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse()""",
    """CREATE FUNCTION journal_gapless() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF NEW."index" <> (SELECT COALESCE(MAX("index") + 1, 0) FROM journal_entry) THEN
           RAISE EXCEPTION 'the journal is gapless: the index must follow the last one';
         END IF;
         RETURN NEW;
       END $$""",
    """CREATE TRIGGER journal_gapless BEFORE INSERT ON journal_entry
       FOR EACH ROW EXECUTE FUNCTION journal_gapless()""",
]


def guard(apps, schema_editor):
    """Install the triggers of the database in use; a database without guards is refused."""
    statements = {"sqlite": SQLITE, "postgresql": POSTGRESQL}[schema_editor.connection.vendor]
    for statement in statements:
        schema_editor.execute(statement)


def unguard(apps, schema_editor):
    """Only for taking the whole table away again."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION IF EXISTS journal_refuse() CASCADE")
        schema_editor.execute("DROP FUNCTION IF EXISTS journal_gapless() CASCADE")
    else:
        for name in ("journal_no_update", "journal_no_delete", "journal_gapless"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}")


class Migration(migrations.Migration):
    """Table, constraint, indexes and triggers in one step: there is never an unguarded journal."""

    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("index", models.BigIntegerField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("event", models.CharField(max_length=60)),
                ("authority", models.CharField(blank=True, max_length=12)),
                ("actor", models.CharField(max_length=60)),
                ("subject", models.CharField(max_length=80)),
                ("statement", models.TextField()),
                ("previous", models.BinaryField(max_length=32)),
                ("hash", models.BinaryField(max_length=32)),
                ("leaf", models.BinaryField(blank=True, default=b"", max_length=32)),
            ],
            options={
                "ordering": ["index"],
                "indexes": [
                    models.Index(fields=["subject", "index"], name="journal_subject"),
                    models.Index(fields=["authority", "index"], name="journal_authority"),
                    models.Index(fields=["event", "index"], name="journal_event"),
                ],
                "constraints": [models.UniqueConstraint(fields=("previous",), name="journal_one_successor")],
            },
        ),
        migrations.RunPython(guard, unguard),
    ]
