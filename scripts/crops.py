#!/usr/bin/env python3
"""Cuts the people of a labelled recording out, into one folder per person: crops.py RECORDING OUT [EVERY]

RECORDING has <camera>/video.mp4 and <camera>/gt/gt.txt. Boxes of which less than half can be seen are left out, and all frames
but every EVERY-th (25 if not said). Needs `pip install opencv-python-headless`. For configs/papers/crops.yaml.
"""

import pathlib
import sys

import cv2

if len(sys.argv) not in (3, 4):
    sys.exit(__doc__)
recording, out = map(pathlib.Path, sys.argv[1:3])
every = int(sys.argv[3]) if len(sys.argv) == 4 else 25
for labels in sorted(recording.glob("*/gt/gt.txt")):
    camera = labels.parent.parent
    boxes = {}
    for line in labels.read_text().splitlines():
        frame, person, x, y, w, h, _, _, visible = line.split(",")[:9]
        if float(visible) >= 0.5:
            boxes.setdefault(int(frame), []).append((int(person), *(round(float(v)) for v in (x, y, w, h))))
    video, frame = cv2.VideoCapture(str(camera / "video.mp4")), 0
    while (read := video.read())[0]:
        frame += 1
        for person, x, y, w, h in boxes.get(frame, []) if frame % every == 0 else []:
            crop = read[1][max(y, 0) : y + h, max(x, 0) : x + w]
            if crop.size:
                folder = out / f"{person:03}"
                folder.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(folder / f"{camera.name}-{frame:06}.png"), crop)
