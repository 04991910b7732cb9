"""Bundles come and go by command."""

from pathlib import Path

from command_runs import Cuelock
from foreign_weights import auffusion_folder, tiny


def test_a_bundle_is_imported_shown_and_removed_by_command(
    tmp_path: Path, cuelock: Cuelock
) -> None:
    folder = auffusion_folder(tmp_path / "a", tiny(tmp_path / "tokenizer"))
    told = cuelock("models", "import", str(folder), "--licence", "CC0-1.0", "--json").json
    assert (told["name"], told["licence"], told["sample_rate"]) == ("auffusion", "CC0-1.0", 16_000)
    assert {part["name"] for part in told["parts"]} >= {"unet", "autoencoder", "text", "vocoder"}
    gone = cuelock("models", "remove", "auffusion", "--json").json
    assert not Path(gone["path"]).exists()
    again = cuelock("models", "remove", "auffusion", "--json")
    assert (again.status, again.json["error"]["code"]) == (2, "bundle.missing")
    missing = cuelock("models", "import", str(tmp_path / "nothing"), "--json")
    assert missing.json["error"]["code"] == "request.path"
