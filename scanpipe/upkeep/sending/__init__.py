"""What leaves the server, where it is configured: workbook, report, open data, mail, webhooks, kintone."""
