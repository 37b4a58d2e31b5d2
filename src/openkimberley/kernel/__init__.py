"""PURE. The words every area needs: measures, rules, actors, errors. Knows no database, clock, file or network."""
