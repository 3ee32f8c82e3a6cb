"""The sample photos and their true masks: outlines drawn by hand on the enlarged photos, without any network.

They are accurate to about two pixels, less where the object is out of focus or ends in hair. The objects are:

- Astronaut: the woman, her suit and her helmet; not the flag and not the model of the shuttle.
- Cat: the whole cat, with its blurred shoulder and chest; not the single whiskers.
- Coffee: the cup, its saucer and the spoon on it; not the shadow.
- Rocket: the rocket; not the tower behind it and not the launch pad.
"""

from importlib import resources

import numpy as np
from PIL import Image, ImageDraw

from core import photos
from core.data.datasets import Pair

SAMPLES = {"Astronaut": "astronaut.png", "Cat": "chelsea.png", "Coffee": "coffee.png", "Rocket": "rocket.jpg"}
"""Photos in the scikit-image package: name -> file."""

OUTLINES = {
    "Astronaut": (
        "225,16 233,15 240,15 248,17 256,20 263,24 270,28 276,31 281,35 286,39 290,46 294,54 296,60 297,65 298,71 "
        "300,77 301,83 301,89 299,97 297,104 294,110 289,116 284,122 281,126 279,130 276,134 272,136 269,136 "
        "267,134 266,139 265,145 262,152 258,158 256,166 255,173 260,176 270,184 280,194 290,206 296,215 300,222 "
        "303,232 308,236 314,240 319,242 322,246 328,251 333,254 338,259 341,263 345,270 347,277 347,282 349,282 "
        "352,286 353,292 355,300 357,308 357,318 359,325 362,330 362,332 360,333 360,343 363,346 366,349 372,347 "
        "380,345 390,343 405,343 417,344 424,346 430,348 441,351 450,356 458,361 468,370 476,380 482,390 486,400 "
        "490,410 492,420 494,430 495,440 497,451 503,455 504,458 502,461 505,464 507,472 507,480 509,485 511,485 "
        "511,498 508,506 508,511 40,511 37,505 33,499 30,493 28,487 26,481 25,475 24,465 23,455 23,445 24,437 "
        "23,430 21,420 19,405 19,395 20,389 22,381 25,371 25,348 26,343 28,337 30,333 31,328 33,321 34,317 36,311 "
        "38,306 40,302 40,296 41,291 43,286 45,281 48,276 51,270 54,264 58,256 62,249 67,243 72,239 75,235 78,233 "
        "85,229 92,224 97,219 100,215 104,213 107,209 111,205 113,205 113,200 115,196 114,192 112,187 117,185 "
        "119,184 122,178 124,174 130,167 134,162 140,157 150,152 165,148 175,147 183,148 182,139 182,132 177,130 "
        "173,126 171,121 170,118 166,114 163,111 160,107 157,103 155,99 154,92 153,78 153,71 154,65 156,59 160,53 "
        "165,48 172,43 178,39 185,36 189,34 191,31 195,28 200,24 207,21 213,20 218,18"
    ),
    "Cat": (
        "41,0 402,0 398,5 390,15 381,25 379,30 376,43 374,53 370,61 361,72 358,78 357,90 361,100 365,108 367,117 "
        "364,124 363,140 362,152 359,160 353,170 348,180 343,190 337,199 337,206 342,217 348,224 357,230 366,237 "
        "376,245 384,253 386,264 387,277 385,288 384,299 0,299 0,125 14,117 29,108 30,90 33,60 34,50 33,40 36,27 "
        "39,18 41,10"
    ),
    "Coffee": (
        "270,17 288,17 300,19 310,21 320,23 330,26 340,29 350,34 360,39 370,45 380,54 390,65 395,74 397,71 400,69 "
        "406,67 412,67 418,69 422,73 424,78 423,83 420,95 417,104 423,110 433,120 443,130 451,140 457,150 463,160 "
        "468,170 472,180 475,190 478,205 479,220 479,234 478,244 476,259 473,270 470,278 460,300 450,313 440,324 "
        "430,334 420,345 400,361 380,371 360,379 340,384 320,388 300,389 280,389 260,388 240,385 220,381 214,380 "
        "200,376 190,372 180,368 170,363 160,357 149,350 137,340 127,330 118,320 110,310 103,300 96,290 91,280 "
        "87,270 83,260 80,250 78,240 77,230 76,220 76,205 77,197 79,185 81,174 83,167 86,160 90,150 95,141 "
        "100,132 110,119 120,109 130,100 140,90 150,83 160,77 172,72 183,67 190,59 200,48 210,40 220,34 230,29 "
        "240,24 250,21 260,19"
    ),
    "Rocket": (
        "319,127 321,126 323,126 325,127 328,131 330,134 332,139 333,145 333,174 331,178 330,180 330,385 331,400 "
        "331,406 312,406 312,370 313,355 313,243 314,241 314,180 312,177 311,174 311,146 312,139 314,134 316,131"
    ),
}
"""Sample photo -> the corners "x,y" of its object's outline, in pixels from the upper left of the photo."""


def sample(name: str) -> bytes:
    """The bytes of the photo file of one of the SAMPLES."""
    return (resources.files("skimage") / "data" / SAMPLES[name]).read_bytes()


def pairs() -> list[Pair]:
    """All sample photos with their true masks."""
    return [Pair(name, photos.decode(sample(name)), true_mask(name)) for name in SAMPLES]


def true_mask(name: str) -> np.ndarray:
    """The true mask of one of the SAMPLES, (H, W) bool at the photo's size; the outline belongs to the object."""
    height, width = photos.decode(sample(name)).shape[:2]
    mask = Image.new("1", (width, height))
    corners = [tuple(map(int, corner.split(","))) for corner in OUTLINES[name].split()]
    ImageDraw.Draw(mask).polygon(corners, fill=1)
    return np.array(mask)
