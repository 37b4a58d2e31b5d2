"""The journal becomes a log: each entry says what is published of it, and its leaf hash in the tree."""

import importlib

from django.db import migrations, models

from openkimberley.journal import chain
from openkimberley.trust.merkle import leaf_hash

first = importlib.import_module("openkimberley.journal.migrations.0001_initial")


def publish(apps, schema_editor):
    """Give entries from before their published form: the bare commitment, since they named none of their own."""
    entries = apps.get_model("journal", "Entry").objects
    for row in entries.filter(leaf=b"").order_by("index").iterator():
        entry = chain.published(row.statement.encode())
        entries.filter(index=row.index).update(entry=entry.decode(), leaf=leaf_hash(entry))


class Migration(migrations.Migration):
    """The guards step aside for the one migration that fills the new columns, and come back in the same transaction."""

    dependencies = [("journal", "0001_initial")]
    operations = [
        migrations.RunPython(first.unguard, first.guard),
        migrations.AddField("entry", "entry", models.TextField(default=""), preserve_default=False),
        migrations.RunPython(publish, migrations.RunPython.noop),
        migrations.AlterField("entry", "leaf", models.BinaryField(max_length=32)),
        migrations.RunPython(first.guard, first.unguard),
    ]
