"""The console command `plangate`. Options only: the work is done by `app.serving`.

Whatever is wrong with the command line or the environment ends as one sentence on stderr and exit
code 2; what the machine refuses ends the same way with 1, in `app.serving`.
"""

import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from pydantic import ValidationError
from typer.exceptions import TyperException

from app.settings import Settings

app = typer.Typer(
    name="plangate",
    help="Self-hosted pricing, subscriptions, entitlements and metering.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

DataDir = Annotated[
    Path | None,
    typer.Option(help="Where the embedded PostgreSQL lives. [default: .plangate]", metavar="PATH"),
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(help="A PostgreSQL (15 or newer) to use instead of the embedded one."),
]


@app.callback()
def plangate() -> None:
    """Self-hosted pricing, subscriptions, entitlements and metering.

    Every option can also be set by a PLANGATE_… environment variable.
    """


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="[default: 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(help="0 takes any free one. [default: 8080]")] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    no_demo: Annotated[bool, typer.Option("--no-demo", help="Without the demo catalogue.")] = False,
    billing: Annotated[
        str | None, typer.Option(help="manual or sandbox. [default: manual]", metavar="MODE")
    ] = None,
) -> None:
    """Serve the GraphQL API and its Explorer until SIGTERM or Ctrl-C."""
    settings = _settings(
        host=host,
        port=port,
        data_dir=data_dir,
        database_url=database_url,
        demo=False if no_demo else None,
        billing=billing,
    )
    from app import serving

    serving.serve(settings)


@app.command()
def worker(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Do background work only: transitions, webhooks, queued tasks, beside servers without."""
    settings = _settings(data_dir=data_dir, database_url=database_url)
    from app import serving

    serving.work(settings)


@app.command()
def migrate(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Bring the database to this version's schema and stop."""
    settings = _settings(data_dir=data_dir, database_url=database_url)
    from app import serving

    serving.migrate(settings)


def _settings(**options: Any) -> Settings:
    return Settings(**{name: value for name, value in options.items() if value is not None})


def _sentence(error: ValidationError) -> str:
    """The first complaint, with the option's and the variable's name."""
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    return f"--{name.replace('_', '-')} or PLANGATE_{name.upper()}: {message}."


def main() -> None:
    """Entry point of the console command."""
    try:
        code = app(standalone_mode=False)
    except TyperException as error:
        _fail(error.format_message())
    except ValidationError as error:
        _fail(_sentence(error))
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)


def _fail(sentence: str) -> NoReturn:
    sys.stderr.write(f"plangate: {' '.join(sentence.split())}\n")
    sys.exit(2)


if __name__ == "__main__":
    main()
