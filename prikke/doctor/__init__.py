"""What `prikke doctor` does: looks at everything an installation needs, and says what to do."""

from prikke.doctor.examination import examine, examine_without_database
from prikke.doctor.finding import Finding, State

__all__ = ["Finding", "State", "examine", "examine_without_database"]
