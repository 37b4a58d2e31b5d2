"""What every page, API call and command shares: templates, assets, forms, the translation of errors."""
