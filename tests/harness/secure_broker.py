"""A real Kafka broker that asks who is there: logins and certificates, over TLS."""

import json
import time
from base64 import urlsafe_b64encode
from pathlib import Path

from kafka.admin import ScramMechanism, UserScramCredentialUpsertion

from tests.harness.broker import KafkaBroker
from tests.harness.certificates import Authority
from tests.harness.ports import PortLease

USER = "driftwatch"
PASSWORD = "correct horse"

_MODULES = "org.apache.kafka.common.security"
_LOGIN = {
    "plain": f'{_MODULES}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";',
    "scram-sha-256": f"{_MODULES}.scram.ScramLoginModule required;",
    "scram-sha-512": f"{_MODULES}.scram.ScramLoginModule required;",
    "oauthbearer": (
        f"{_MODULES}.oauthbearer.OAuthBearerLoginModule required "
        'unsecuredLoginStringClaim_sub="broker";'
    ),
}


class SecureBroker(KafkaBroker):
    """A broker with two more listeners, at names that its certificate has.

    `login`: SASL over TLS, with PLAIN, SCRAM and OAUTHBEARER (unsigned tokens). A login is good for
    two seconds; then the client has to log in again. `mutual`: TLS that asks the client for a
    certificate of `authority`. `bootstrap` is the plain one, for the test itself.
    """

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder)
        self._login_port, self._mutual_port = PortLease(), PortLease()
        self.login = f"localhost:{self._login_port.port}"
        self.mutual = f"localhost:{self._mutual_port.port}"
        keys = folder / "broker.keys.pem"
        keys.write_text(self.authority.sign("broker", "localhost").in_one)
        super().__init__(
            folder,
            {
                "listener.security.protocol.map": (
                    "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,LOGIN:SASL_SSL,MUTUAL:SSL"
                ),
                "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
                "ssl.keystore.type": "PEM",
                "ssl.keystore.location": str(keys),
                "ssl.truststore.type": "PEM",
                "ssl.truststore.location": str(self.authority.cafile),
                "listener.name.mutual.ssl.client.auth": "required",
                "connections.max.reauth.ms": "2000",
                **{f"listener.name.login.{m}.sasl.jaas.config": j for m, j in _LOGIN.items()},
            },
            {"LOGIN": self.login, "MUTUAL": self.mutual},
        )
        self.set_scram_password(PASSWORD)

    def set_scram_password(self, password: str, user: str = USER) -> None:
        """What the user logs in with by SCRAM from now on."""
        admin = self._admin()
        try:
            for kind in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512):
                change = UserScramCredentialUpsertion(user, kind, password)
                admin.alter_user_scram_credentials([change])
        finally:
            admin.close()

    def close(self) -> None:
        """End it for good."""
        super().close()
        self._login_port.release()
        self._mutual_port.release()


def unsigned_token(seconds: float, subject: str = USER) -> str:
    """A bearer token that the broker takes, good for this long."""
    now = time.time()
    claims = {"sub": subject, "iat": now, "exp": now + seconds}
    return f"{_part({'alg': 'none'})}.{_part(claims)}."


def _part(content: object) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
