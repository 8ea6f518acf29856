"""Sample texts: short product phrases composed from plain words, in place of an unknown catalogue.

The content tower needs to know in which directions product texts differ, and the parity figures need sentences.
Both are drawn from these lists with a seed; no outside data is involved.
"""

import random


def _listed(text: str) -> tuple[str, ...]:
    """Return the entries between commas."""
    return tuple(" ".join(entry.split()) for entry in text.split(","))


COLOURS = _listed(
    """
    black, white, grey, silver, gold, beige, brown, tan, cream, navy, blue, turquoise, teal, green, olive,
    khaki, yellow, mustard, orange, coral, red, burgundy, maroon, pink, magenta, purple, lavender, charcoal,
    bronze, copper, multicolour
    """
)
MATERIALS = _listed(
    """
    cotton, linen, wool, silk, denim, leather, suede, polyester, nylon, velvet, fleece, canvas, rubber, steel,
    titanium, aluminium, brass, oak, pine, bamboo, glass, ceramic, stoneware, marble, concrete, paper, cork,
    plastic, silicone, carbon
    """
)
PATTERNS = _listed(
    """
    plain, striped, checked, floral, dotted, printed, embroidered, quilted, ribbed, camouflage, paisley,
    geometric
    """
)
STYLES = _listed(
    """
    casual, formal, sporty, classic, modern, vintage, slim, oversized, lightweight, waterproof, foldable,
    wireless, portable, rechargeable, handmade, organic, compact, heavy-duty, insulated, reversible
    """
)
AUDIENCES = ("men", "women", "boys", "girls", "kids", "baby", "unisex", "travel", "office", "home", "outdoor", "")
PRODUCTS = _listed(
    """
    t-shirt, shirt, blouse, polo shirt, sweater, cardigan, hoodie, jacket, coat, blazer, suit, dress, skirt,
    jeans, trousers, shorts, leggings, tracksuit, pyjamas, underwear, bra, socks, tights, swimsuit, bikini,
    scarf, gloves, hat, cap, tie, belt, kurta, saree, sneakers, running shoes, formal shoes, boots, sandals,
    flip flops, heels, flats, slippers, watch, necklace, bracelet, earrings, ring, sunglasses, handbag,
    backpack, wallet, clutch, suitcase, duffel bag, umbrella, perfume, deodorant, lipstick, nail polish,
    mascara, foundation, face cream, shampoo, soap, razor, toothbrush, hair dryer, sofa, armchair, dining table,
    desk, office chair, bookshelf, wardrobe, bed frame, mattress, pillow, duvet cover, blanket, rug, curtain,
    lamp, mirror, vase, candle, picture frame, wall clock, mug, plate, bowl, wine glass, cutlery set, frying
    pan, saucepan, kettle, toaster, blender, coffee machine, chopping board, kitchen knife, storage jar, towel,
    laundry basket, vacuum cleaner, iron, fan, heater, laptop, tablet, phone, phone case, charger, headphones,
    earbuds, speaker, keyboard, mouse, monitor, printer, camera, tripod, television, router, hard drive, game
    console, drone, bicycle, helmet, tent, sleeping bag, hiking boots, water bottle, yoga mat, dumbbell,
    football, tennis racket, fishing rod, skateboard, ski goggles, golf club, drill, hammer, screwdriver set,
    ladder, paint, garden hose, plant pot, lawn mower, barbecue, dog collar, cat bed, bird feeder, aquarium, toy
    car, doll, puzzle, board game, building blocks, teddy bear, stroller, notebook, fountain pen, pencil case,
    calendar, novel, cookbook, guitar, piano, violin, chocolate, tea, coffee beans, olive oil, honey, spices,
    vitamins, car tyre, dash camera, motor oil
    """
)


def compose(count: int, seed: int) -> list[str]:
    """Return `count` phrases such as "women navy striped cotton shirt", the same for the same seed."""
    rng = random.Random(seed)  # noqa: S311 - drawing example phrases needs no secrecy
    return [_phrase(rng) for _ in range(count)]


def _phrase(rng: random.Random) -> str:
    words = [rng.choice(AUDIENCES)]
    words += [rng.choice(options) for options in (STYLES, COLOURS, PATTERNS, MATERIALS) if rng.random() < 0.5]
    words.append(rng.choice(PRODUCTS))
    return " ".join(word for word in words if word)
