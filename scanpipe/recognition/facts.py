from scanpipe.recognition.assemble import AccessCopy
from scanpipe.recognition.inspection import Inspection
from scanpipe.recognition.pages import ReadingSettings

__all__ = ["AccessCopy", "Inspection", "ReadingSettings"]
