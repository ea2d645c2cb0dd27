"""The end of records and of their paper: what is due, lists with their approvals, destruction, transfer, certificates, boxes, the register."""
