"""The shipment under a certificate: seal, advance notice, transit, import, confirmation, discrepancy."""
