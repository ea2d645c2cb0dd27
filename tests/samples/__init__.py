"""The sample scans: invented papers of the fictitious city of Midorino, drawn, and then spoilt as scanners spoil them.

canvas.py draws on a sheet and writes down what it drew; layout.py has what office papers share (letters, seals, stamps, dates);
letters.py, forms.py, decisions.py, money.py, agreements.py, minutes.py and plates.py are the papers; scanner.py is the scanner;
containers.py writes PDF, TIFF and JPEG; files.py makes one file; table.py is the table of files with what is expected of each.
Every name, address, number and company is invented.
"""
