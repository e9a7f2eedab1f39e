"""Every error that Minimon raises on purpose.

MinimonError
├── StartError                    the service cannot start: one line per fault, exit status 2
│   └── LedgerInUseError          another process has the ledger open
├── LedgerLostError               a sync of the ledger failed: exit status 1
├── RedisAwayError                Redis does not answer: whoever asked does without it
└── ProblemError                  an answer to a client: status, code, text in two languages
    ├── InvalidJSONError          400 INVALID_JSON
    ├── InvalidPayloadError       400 INVALID_PAYLOAD
    ├── MissingScoreError         400 MISSING_SCORE
    ├── InvalidScoreError         400 INVALID_SCORE
    ├── BadRequestError           400 BAD_REQUEST               not HTTP, or not as RFC 9112 wants it
    ├── UnauthorizedError         401 UNAUTHORIZED
    ├── NotFoundError             404 NOT_FOUND
    ├── MethodNotAllowedError     405 METHOD_NOT_ALLOWED
    ├── NotAcceptableError        406 NOT_ACCEPTABLE            no form of the answer that the client takes
    ├── RequestTimeoutError       408 REQUEST_TIMEOUT
    ├── NonceReplayedError        409 NONCE_REPLAYED
    ├── PayloadTooLargeError      413 PAYLOAD_TOO_LARGE
    ├── UnsupportedMediaTypeError 415 UNSUPPORTED_MEDIA_TYPE
    ├── RateLimitedError          429 RATE_LIMITED
    ├── HeadersTooLargeError      431 HEADERS_TOO_LARGE
    ├── InternalError             500 INTERNAL_ERROR            a fault of ours that no other class names
    ├── GenerationFailedError     500 GENERATION_FAILED
    ├── SigningFailedError        500 SIGNING_FAILED
    ├── LedgerUnavailableError    503 LEDGER_UNAVAILABLE
    ├── OverloadedError           503 OVERLOADED                the queue is full, or the wait too long
    └── StartingError             503 STARTING                  the backend still loads, or loads again

What a client may read stands in ``texts``. The cause goes to the log alone: raise ``from`` it.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import ClassVar, Literal, NamedTuple

Language = Literal["en", "fr"]


class Text(NamedTuple):
    """One sentence in each language, with ``str.format`` fields."""

    en: str
    fr: str


class MinimonError(Exception):
    """The root of the tree."""


class StartError(MinimonError):
    """The service cannot start. ``faults`` holds one line each, naming the variable or file and the remedy."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults: Sequence[str] = faults


class LedgerInUseError(StartError):
    """Another process has the ledger open: the one with ``pid``, as far as the system tells."""

    def __init__(self, fault: str, pid: int | None) -> None:
        super().__init__(fault)
        self.pid = pid


class LedgerLostError(MinimonError):
    """A sync of the ledger failed: what is on disk nobody knows, so the process ends, with status 1."""


class RedisAwayError(MinimonError):
    """Redis does not answer, or not in time: whoever asked does without it."""


class ProblemError(MinimonError):
    """A request that gets an error answer (RFC 9457).

    ``reason`` picks one of the class's texts, ``values`` fill its fields; ``headers`` go out with the answer.
    """

    status: ClassVar[int]
    code: ClassVar[str]
    texts: ClassVar[Mapping[str, Text]]

    def __init__(self, reason: str = "", *, headers: Mapping[str, str] | None = None, **values: object) -> None:
        self._text = self.texts[reason]
        self._values = values
        self.headers = dict(headers or {})
        super().__init__(self.message("en"))

    @classmethod
    def title(cls) -> str:
        """Return the standard phrase of the status (RFC 9110, section 15)."""
        return HTTPStatus(cls.status).phrase

    def message(self, language: Language) -> str:
        """Return the sentence for the client."""
        template = self._text.fr if language == "fr" else self._text.en
        return template.format_map(self._values)


class InvalidJSONError(ProblemError):
    status, code = 400, "INVALID_JSON"
    texts = {
        "syntax": Text("The body is not valid JSON.", "Le corps n'est pas du JSON valide."),
        "encoding": Text("The body is not valid UTF-8.", "Le corps n'est pas de l'UTF-8 valide."),
        "constant": Text("JSON has no {constant}.", "{constant} n'existe pas en JSON."),
        "duplicate": Text("The key {key!r} stands twice.", "La clé {key!r} est présente deux fois."),
        "surrogate": Text("A string holds half of a surrogate pair.", "Une chaîne contient un demi-codet isolé."),
        "depth": Text("The body is nested too deeply.", "Le corps est imbriqué trop profondément."),
    }


class InvalidPayloadError(ProblemError):
    status, code = 400, "INVALID_PAYLOAD"
    texts = {
        "object": Text("The body must be a JSON object.", "Le corps doit être un objet JSON."),
        "extra": Text("The field {field!r} is not known.", "Le champ {field!r} est inconnu."),
        "string": Text("The field {field!r} must be a string.", "Le champ {field!r} doit être une chaîne."),
        "number": Text(
            "The parameter {field!r} must be a whole number from {least} to {most}.",
            "Le paramètre {field!r} doit être un entier de {least} à {most}.",
        ),
        "value": Text("The field {field!r} must be {allowed}.", "Le champ {field!r} doit être {allowed}."),
        "length": Text(
            "The field {field!r} must have 1 to {most} characters.",
            "Le champ {field!r} doit compter de 1 à {most} caractères.",
        ),
    }


class MissingScoreError(ProblemError):
    status, code = 400, "MISSING_SCORE"
    texts = {"": Text("The field 'score' is missing.", "Le champ 'score' est absent.")}


class InvalidScoreError(ProblemError):
    status, code = 400, "INVALID_SCORE"
    texts = {
        "": Text(
            "The field 'score' must be a finite JSON number between -(2^53-1) and 2^53-1.",
            "Le champ 'score' doit être un nombre JSON fini entre -(2^53-1) et 2^53-1.",
        )
    }


class BadRequestError(ProblemError):
    status, code = 400, "BAD_REQUEST"
    texts = {
        "": Text("This is not a valid HTTP request.", "Ce n'est pas une requête HTTP valide."),
        "preflight": Text(
            "CORS does not allow this origin, method or header.",
            "CORS n'autorise pas cette origine, cette méthode ou cet en-tête.",
        ),
    }


class UnauthorizedError(ProblemError):
    status, code = 401, "UNAUTHORIZED"
    texts = {
        "": Text(
            "A valid bearer token is needed: 'Authorization: Bearer <token>'.",
            "Un jeton valide est requis : « Authorization: Bearer <jeton> ».",
        )
    }


class NotFoundError(ProblemError):
    status, code = 404, "NOT_FOUND"
    texts = {"": Text("Nothing is at this address.", "Il n'y a rien à cette adresse.")}


class MethodNotAllowedError(ProblemError):
    status, code = 405, "METHOD_NOT_ALLOWED"
    texts = {"": Text("This address does not take this method.", "Cette adresse n'accepte pas cette méthode.")}


class NotAcceptableError(ProblemError):
    status, code = 406, "NOT_ACCEPTABLE"
    texts = {
        "": Text(
            "This answer comes as {offers}; the Accept header takes none of these.",
            "Cette réponse existe en {offers} ; l'en-tête Accept n'en admet aucun.",
        )
    }


class RequestTimeoutError(ProblemError):
    status, code = 408, "REQUEST_TIMEOUT"
    texts = {
        "": Text(
            "The request did not arrive within {seconds} s.", "La requête n'est pas arrivée en moins de {seconds} s."
        )
    }


class NonceReplayedError(ProblemError):
    status, code = 409, "NONCE_REPLAYED"
    texts = {
        "": Text(
            "This subject has used this nonce for another score.",
            "Ce sujet a déjà utilisé ce nonce pour un autre score.",
        )
    }


class PayloadTooLargeError(ProblemError):
    status, code = 413, "PAYLOAD_TOO_LARGE"
    texts = {
        "": Text("The body may have at most {most} bytes.", "Le corps ne doit pas dépasser {most} octets."),
    }


class UnsupportedMediaTypeError(ProblemError):
    status, code = 415, "UNSUPPORTED_MEDIA_TYPE"
    texts = {
        "": Text(
            "The body must be sent as 'Content-Type: application/json', without a Content-Encoding.",
            "Le corps doit être envoyé avec « Content-Type: application/json », sans Content-Encoding.",
        )
    }


class RateLimitedError(ProblemError):
    status, code = 429, "RATE_LIMITED"
    texts = {"": Text("Too many requests: try again in {seconds} s.", "Trop de requêtes : réessayez dans {seconds} s.")}


class HeadersTooLargeError(ProblemError):
    status, code = 431, "HEADERS_TOO_LARGE"
    texts = {
        "": Text(
            "Request line and headers may have at most {most} bytes.",
            "La ligne de requête et les en-têtes ne doivent pas dépasser {most} octets.",
        )
    }


class InternalError(ProblemError):
    status, code = 500, "INTERNAL_ERROR"
    texts = {"": Text("Something went wrong here.", "Une erreur s'est produite de notre côté.")}


class GenerationFailedError(ProblemError):
    status, code = 500, "GENERATION_FAILED"
    texts = {"": Text("The creature could not be made.", "La créature n'a pas pu être créée.")}


class SigningFailedError(ProblemError):
    status, code = 500, "SIGNING_FAILED"
    texts = {"": Text("The score could not be signed.", "Le score n'a pas pu être signé.")}


class LedgerUnavailableError(ProblemError):
    status, code = 503, "LEDGER_UNAVAILABLE"
    texts = {
        "": Text(
            "The ledger cannot take records now; nothing was certified.",
            "Le registre ne peut rien enregistrer pour l'instant ; rien n'a été certifié.",
        ),
        "away": Text("The ledger cannot be read now.", "Le registre ne peut pas être lu pour l'instant."),
        "unknown": Text(
            "The ledger did not answer, so the score may be recorded or not. Send it again with the same nonce.",
            "Le registre n'a pas répondu : le score est peut-être enregistré. Renvoyez-le avec le même nonce.",
        ),
    }


class OverloadedError(ProblemError):
    status, code = 503, "OVERLOADED"
    texts = {
        "": Text(
            "Too many creatures are being made: try again in {seconds} s.",
            "Trop de créatures sont en cours de création : réessayez dans {seconds} s.",
        ),
        "ledger": Text(
            "Too many scores wait for the ledger's disk: try again in {seconds} s.",
            "Trop de scores attendent le disque du registre : réessayez dans {seconds} s.",
        ),
    }


class StartingError(ProblemError):
    status, code = 503, "STARTING"
    texts = {
        "": Text(
            "Pictures cannot be made yet: try again in {seconds} s.",
            "Les images ne peuvent pas encore être créées : réessayez dans {seconds} s.",
        ),
        "stage": Text(
            "Pictures cannot be made yet ({stage}, {percent} %).",
            "Les images ne peuvent pas encore être créées ({stage}, {percent} %).",
        ),
    }


REFUSALS = (OverloadedError, StartingError)
"""Server errors that are no faults, of which there may be thousands a second."""
