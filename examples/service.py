# %% [markdown]
# # A service in 64 MB
#
# A web service that answers neighbours needs Python, NumPy and the file of the vocabulary, which is mapped: no model is loaded, and
# the processes of one machine share its pages. The whole service is one short file of the standard library's `http.server`.
#
# `examples/service/server.py`:

# %%
from pathlib import Path

SERVER = Path("examples/service/server.py")
print(SERVER.read_text())

# %% [markdown]
# And `examples/service/Dockerfile`:

# %%
print(Path("examples/service/Dockerfile").read_text())

# %% [markdown]
# ## Run it

# %%
import json
import subprocess
import sys
from urllib.request import urlopen

import iiq

iiq.compress(iiq.samples.bundled(), preset="balanced", random_state=0).save("words.iiq")
process = subprocess.Popen(
    [sys.executable, SERVER, "words.iiq", "--port", "0"], stdout=subprocess.PIPE, text=True
)
address = process.stdout.readline().split()[-1]

# %%
for question in ("nearest?word=piano&n=3", "nearest?word=zyzzyva", "similarity?a=coffee&b=tea"):
    try:
        with urlopen(f"{address}/{question}") as answer:
            print(json.load(answer))
    except OSError as error:  # HTTPError among them
        print(error)

# %% [markdown]
# ## What it takes
#
# The memory that the process holds, mapped pages included (Linux says so in `/proc`):

# %%
status = Path(f"/proc/{process.pid}/status")
if status.is_file():
    held = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    print("at most 64 MB:", int(held.split()[1]) / 1024 <= 64)

# %% [markdown]
# A vocabulary of GloVe's size, 341 479 words with vectors in 4 bits (27 MB), was served inside a Linux memory cgroup limited to 64 MB,
# which is what `docker run --memory=64m` sets: 200 questions were answered, the group held 36 MB at most, and nothing was killed
# (`sh examples/service/limited.sh words.iiq WORD`; no Docker engine was at hand, so the image itself was not built there).

# %%
process.terminate()
process.wait()
process.stdout.close()
