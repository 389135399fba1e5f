"""A secret as text, for those that have to send it."""

from pydantic import SecretStr


def revealed(given: SecretStr | None) -> str | None:
    """The secret itself; None where none was given.

    >>> revealed(SecretStr("hunter2")), revealed(None)
    ('hunter2', None)
    """
    return None if given is None else given.get_secret_value()
