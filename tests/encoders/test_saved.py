"""A saved encoder gives the same codes; what is none is refused by name."""

import numpy as np
import pytest

import iiq

X = np.random.default_rng(0).standard_normal((200, 12)).astype(np.float32)


@pytest.mark.parametrize("method", iiq.ENCODERS)
def test_round_trip(method, tmp_path):
    encoder = iiq.ENCODERS[method]().fit(X)
    encoder.save(tmp_path / "words.encoder")
    again = iiq.load_encoder(tmp_path / "words.encoder")
    assert type(again) is type(encoder)
    np.testing.assert_array_equal(again.transform(X), encoder.transform(X))
    np.testing.assert_array_equal(again.query(X), encoder.query(X))
    assert again.get_params() == encoder.get_params()


def test_what_is_no_encoder(tmp_path):
    path = tmp_path / "x"
    with pytest.raises(FileNotFoundError):
        iiq.load_encoder(path)
    for content in (b"", b"PK", b"some text", b"PK" + bytes(200)):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="is no saved encoder, or damaged"):
            iiq.load_encoder(path)
    encoder = iiq.IIQ(8, random_state=0).fit(X)
    encoder.mean_ = np.full(12, np.nan)
    encoder.save(path)
    with pytest.raises(ValueError, match="mean_ holds NaN"):
        iiq.load_encoder(path)
    with pytest.raises(Exception, match="fit"):
        iiq.IIQ(8).save(path)
