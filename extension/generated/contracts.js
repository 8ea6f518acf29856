// Generated from contracts/ by `npm run contracts`. Do not edit.

export const urls = {
 "about": "How a URL becomes canonical, in both languages. 1: scheme and host lower case, default port, user info and fragment removed, empty path is '/'. 2: query parameters named below are removed; the rest keep order and spelling. 3: only http and https. vectors/identity.json holds the cases.",
 "trackingParameters": [
  "_ga",
  "_gl",
  "_hsenc",
  "_hsmi",
  "_kx",
  "affid",
  "affiliate",
  "affiliate_id",
  "campaign_id",
  "cjevent",
  "clickid",
  "dclid",
  "epik",
  "fbclid",
  "gad_source",
  "gbraid",
  "gclid",
  "gclsrc",
  "igshid",
  "irclickid",
  "irgwc",
  "li_fat_id",
  "mc_cid",
  "mc_eid",
  "mkt_tok",
  "msclkid",
  "pk_campaign",
  "pk_kwd",
  "ranEAID",
  "ranMID",
  "ranSiteID",
  "ref",
  "ref_",
  "referrer",
  "s_kwcid",
  "sessionid",
  "sid",
  "srsltid",
  "ttclid",
  "twclid",
  "vero_id",
  "wbraid",
  "wickedid",
  "yclid",
  "zanpid"
 ],
 "trackingPrefixes": [
  "utm_",
  "hsa_",
  "pf_rd_",
  "pd_rd_",
  "mtm_",
  "at_"
 ]
};

export const privacy = {
 "about": "What must never be stored. Applied on the device before anything enters the profile; both languages run vectors/privacy.json.",
 "sensitiveCategories": [
  {
   "name": "health",
   "terms": [
    "pharmacy",
    "prescription",
    "medication",
    "contraceptive",
    "condom",
    "condoms",
    "pregnancy test",
    "ovulation",
    "incontinence",
    "std test",
    "hiv test",
    "covid test",
    "antidepressant",
    "blood glucose",
    "hearing aid",
    "catheter",
    "colostomy",
    "erectile",
    "fertility"
   ]
  },
  {
   "name": "sexuality",
   "terms": [
    "sex toy",
    "sex toys",
    "vibrator",
    "vibrators",
    "dildo",
    "lubricant gel",
    "bdsm",
    "erotic",
    "adult toys",
    "fetish"
   ]
  },
  {
   "name": "religion",
   "terms": [
    "bible",
    "quran",
    "koran",
    "torah",
    "rosary",
    "hijab",
    "kippah",
    "prayer mat",
    "crucifix"
   ]
  },
  {
   "name": "politics",
   "terms": [
    "campaign button",
    "political party",
    "trade union",
    "protest sign",
    "election merchandise"
   ]
  },
  {
   "name": "origin",
   "terms": [
    "ancestry test",
    "dna test kit",
    "skin lightening"
   ]
  },
  {
   "name": "addiction",
   "terms": [
    "nicotine",
    "vape",
    "vapes",
    "e-cigarette",
    "cannabis",
    "cbd oil",
    "alcohol test",
    "drug test",
    "gambling"
   ]
  },
  {
   "name": "weapons",
   "terms": [
    "firearm",
    "handgun",
    "ammunition",
    "rifle scope"
   ]
  },
  {
   "name": "children",
   "terms": [
    "baby formula",
    "nursing bra",
    "breast pump",
    "maternity"
   ]
  }
 ],
 "termRule": "A term matches whole words, case-insensitively, in title, categoryPath or description; white space in a term matches any run of white space or hyphens.",
 "personalDataPatterns": [
  {
   "name": "email",
   "pattern": "[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\\.[A-Za-z0-9-]{1,63}){1,8}"
  },
  {
   "name": "phone",
   "pattern": "(?:\\+[0-9]{1,3}[ .-]?)(?:\\(?[0-9]{1,4}\\)?[ .-]?){2,5}[0-9]{2,4}"
  },
  {
   "name": "paymentCard",
   "pattern": "\\b[0-9]{4}[ -][0-9]{4}[ -][0-9]{4}[ -][0-9]{4}\\b"
  }
 ],
 "personalDataReplacement": "[removed]",
 "personalUrlParameters": [
  "email",
  "mail",
  "name",
  "user",
  "userid",
  "user_id",
  "customer",
  "customer_id",
  "token",
  "auth",
  "session",
  "phone",
  "order",
  "order_id",
  "address",
  "zip",
  "postcode"
 ],
 "privatePathPrefixes": [
  "/account",
  "/my-account",
  "/checkout",
  "/cart",
  "/order",
  "/orders",
  "/login",
  "/signin",
  "/wishlist/shared"
 ],
 "retentionDays": 365,
 "maxInteractions": 1000
};

export const messages = {
 "about": "Every message that crosses a boundary inside the extension: who may send it, to whom, with which fields, and what comes back. extension/messages.js refuses anything else. A trailing ? marks an optional field.",
 "zones": {
  "content": "A content script: lives in a shop's page and is trusted least. Only a shop with consent is heard.",
  "ui": "The extension's own pages: popup, side panel, options.",
  "background": "Service worker (Chromium) or event page (Firefox); owns storage and network.",
  "towers": "The offscreen document (Chromium) or the event page itself (Firefox); runs ONNX."
 },
 "messages": {
  "page.product": {
   "from": [
    "content"
   ],
   "to": "background",
   "fields": {
    "product": "object",
    "kind": "string"
   },
   "reply": {
    "stored": "boolean",
    "reason?": "string"
   }
  },
  "page.listing": {
   "from": [
    "content"
   ],
   "to": "background",
   "fields": {
    "products": "array"
   },
   "reply": {
    "received": "number"
   }
  },
  "page.extract": {
   "from": [
    "background"
   ],
   "to": "content",
   "fields": {},
   "reply": {
    "product": "object",
    "listing": "array"
   }
  },
  "state.get": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "tabId?": "number"
   },
   "reply": {
    "state": "object"
   }
  },
  "consent.set": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "shop": "string",
    "allowed": "boolean",
    "tabId?": "number"
   },
   "reply": {
    "state": "object"
   }
  },
  "pause.set": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "paused": "boolean"
   },
   "reply": {
    "state": "object"
   }
  },
  "profile.erase": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {},
   "reply": {
    "state": "object"
   }
  },
  "profile.export": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {},
   "reply": {
    "profile": "object"
   }
  },
  "settings.set": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "serverUrl?": "string",
    "mode?": "string"
   },
   "reply": {
    "state": "object"
   }
  },
  "recommend": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "tabId?": "number",
    "shop?": "string",
    "k?": "number"
   },
   "reply": {
    "recommendations": "object"
   }
  },
  "item.dismiss": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {
    "item": "object"
   },
   "reply": {
    "stored": "boolean"
   }
  },
  "ledger.get": {
   "from": [
    "ui"
   ],
   "to": "background",
   "fields": {},
   "reply": {
    "entries": "array"
   }
  },
  "towers.embedItems": {
   "from": [
    "background"
   ],
   "to": "towers",
   "fields": {
    "bundleUrl": "string",
    "texts": "array"
   },
   "reply": {
    "embeddings": "array"
   }
  },
  "towers.embedUser": {
   "from": [
    "background"
   ],
   "to": "towers",
   "fields": {
    "bundleUrl": "string",
    "items": "array",
    "kinds": "array",
    "agesDays": "array"
   },
   "reply": {
    "embedding": "array"
   }
  }
 }
};

export const productSchema = {
 "$schema": "https://json-schema.org/draft/2020-12/schema",
 "$id": "https://carryover.example/contracts/product.schema.json",
 "title": "Product",
 "description": "One sellable item of one shop, in schema.org's words. Absent means unknown; null never appears on the wire.",
 "type": "object",
 "additionalProperties": false,
 "required": [
  "shop",
  "itemId",
  "url",
  "verdict",
  "provenance"
 ],
 "properties": {
  "shop": {
   "type": "string",
   "minLength": 1,
   "maxLength": 253,
   "description": "Registrable domain (Public Suffix List, default rule *). For IP addresses and single-label hosts: host, with :port where the URL names one."
  },
  "itemId": {
   "type": "string",
   "pattern": "^[0-9a-f]{16}$",
   "description": "First 16 hex digits of SHA-256 over the UTF-8 canonical URL."
  },
  "url": {
   "type": "string",
   "pattern": "^https?://",
   "maxLength": 2048,
   "description": "Canonical URL: see urls.json."
  },
  "title": {
   "type": "string",
   "minLength": 1,
   "maxLength": 500
  },
  "description": {
   "type": "string",
   "minLength": 1,
   "maxLength": 5000
  },
  "brand": {
   "type": "string",
   "minLength": 1,
   "maxLength": 200
  },
  "categoryPath": {
   "type": "array",
   "maxItems": 12,
   "items": {
    "type": "string",
    "minLength": 1,
    "maxLength": 200
   },
   "description": "Widest first; neither the home page nor the product itself."
  },
  "gtin": {
   "type": "string",
   "pattern": "^[0-9]{14}$",
   "description": "GTIN-14, check digit verified, restricted prefixes refused."
  },
  "sku": {
   "type": "string",
   "minLength": 1,
   "maxLength": 100
  },
  "mpn": {
   "type": "string",
   "minLength": 1,
   "maxLength": 100
  },
  "images": {
   "type": "array",
   "maxItems": 30,
   "items": {
    "type": "string",
    "pattern": "^https?://",
    "maxLength": 2048
   },
   "description": "Absolute, best first."
  },
  "price": {
   "$ref": "#/$defs/price"
  },
  "regularPrice": {
   "$ref": "#/$defs/price",
   "description": "Present only where it differs from price."
  },
  "availability": {
   "enum": [
    "InStock",
    "OutOfStock",
    "LimitedAvailability",
    "PreOrder",
    "BackOrder",
    "Discontinued",
    "InStoreOnly",
    "OnlineOnly",
    "SoldOut",
    "PreSale",
    "Reserved",
    "MadeToOrder"
   ],
   "description": "schema.org/ItemAvailability without its prefix."
  },
  "condition": {
   "enum": [
    "NewCondition",
    "UsedCondition",
    "RefurbishedCondition",
    "DamagedCondition"
   ]
  },
  "rating": {
   "type": "object",
   "additionalProperties": false,
   "required": [
    "value",
    "best"
   ],
   "properties": {
    "value": {
     "type": "number",
     "minimum": 0
    },
    "best": {
     "type": "number",
     "exclusiveMinimum": 0
    },
    "count": {
     "type": "integer",
     "minimum": 0
    }
   }
  },
  "attributes": {
   "type": "object",
   "maxProperties": 40,
   "propertyNames": {
    "pattern": "^[a-z][A-Za-z0-9]{0,39}$"
   },
   "additionalProperties": {
    "type": "string",
    "minLength": 1,
    "maxLength": 200
   },
   "description": "color, size, material, pattern, gender, ageGroup, …"
  },
  "variants": {
   "type": "array",
   "maxItems": 250,
   "items": {
    "type": "object",
    "additionalProperties": false,
    "properties": {
     "sku": {
      "type": "string",
      "minLength": 1,
      "maxLength": 100
     },
     "gtin": {
      "type": "string",
      "pattern": "^[0-9]{14}$"
     },
     "url": {
      "type": "string",
      "pattern": "^https?://",
      "maxLength": 2048
     },
     "image": {
      "type": "string",
      "pattern": "^https?://",
      "maxLength": 2048
     },
     "price": {
      "$ref": "#/$defs/price"
     },
     "availability": {
      "$ref": "#/properties/availability"
     },
     "attributes": {
      "$ref": "#/properties/attributes"
     }
    }
   }
  },
  "reviews": {
   "type": "array",
   "maxItems": 50,
   "items": {
    "type": "object",
    "additionalProperties": false,
    "properties": {
     "rating": {
      "$ref": "#/properties/rating"
     },
     "date": {
      "type": "string",
      "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
     },
     "text": {
      "type": "string",
      "minLength": 1,
      "maxLength": 5000
     }
    }
   },
   "description": "Never who wrote it."
  },
  "language": {
   "type": "string",
   "pattern": "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
  },
  "fetchedAt": {
   "type": "string",
   "format": "date-time"
  },
  "provenance": {
   "type": "object",
   "propertyNames": {
    "enum": [
     "title",
     "description",
     "brand",
     "categoryPath",
     "gtin",
     "sku",
     "mpn",
     "images",
     "price",
     "regularPrice",
     "availability",
     "condition",
     "rating",
     "attributes",
     "variants",
     "reviews",
     "language",
     "url"
    ]
   },
   "additionalProperties": {
    "enum": [
     "json-ld",
     "microdata",
     "rdfa",
     "opengraph",
     "meta",
     "state",
     "dom",
     "feed",
     "rendered",
     "url"
    ]
   },
   "description": "Which syntax each field was read from."
  },
  "verdict": {
   "enum": [
    "product",
    "listing",
    "blocked",
    "empty",
    "needs_js",
    "not_found"
   ]
  }
 },
 "if": {
  "properties": {
   "verdict": {
    "const": "product"
   }
  }
 },
 "then": {
  "required": [
   "title"
  ]
 },
 "$defs": {
  "price": {
   "type": "object",
   "additionalProperties": false,
   "required": [
    "amount"
   ],
   "description": "amount and currency come from one source on the page.",
   "properties": {
    "amount": {
     "type": "string",
     "pattern": "^(0|[1-9][0-9]{0,11})(\\.[0-9]{1,4})?$",
     "description": "Decimal, as text."
    },
    "currency": {
     "type": "string",
     "pattern": "^[A-Z]{3}$",
     "description": "ISO 4217"
    },
    "amountText": {
     "type": "string",
     "minLength": 1,
     "maxLength": 100,
     "description": "As the page wrote it."
    }
   }
  }
 }
};

export const interactionSchema = {
 "$schema": "https://json-schema.org/draft/2020-12/schema",
 "$id": "https://carryover.example/contracts/interaction.schema.json",
 "title": "Interaction",
 "description": "What one user did with one item. On a shopper's device it never leaves the encrypted profile.",
 "type": "object",
 "additionalProperties": false,
 "required": [
  "shop",
  "itemId",
  "kind",
  "time"
 ],
 "properties": {
  "user": {
   "type": "string",
   "minLength": 1,
   "maxLength": 200,
   "description": "Only in an operator's own data sets; never on a device."
  },
  "shop": {
   "$ref": "product.schema.json#/properties/shop"
  },
  "itemId": {
   "$ref": "product.schema.json#/properties/itemId"
  },
  "kind": {
   "enum": [
    "view",
    "wishlist",
    "cart",
    "purchase",
    "rating",
    "dismiss"
   ],
   "description": "The position in this list is the integer that user towers receive."
  },
  "time": {
   "type": "string",
   "format": "date-time"
  },
  "weight": {
   "type": "number",
   "minimum": 0,
   "maximum": 5,
   "default": 1
  }
 }
};

export const bundleSchema = {
 "$schema": "https://json-schema.org/draft/2020-12/schema",
 "$id": "https://carryover.example/contracts/bundle.schema.json",
 "title": "Bundle manifest",
 "description": "manifest.json of a bundle directory. The bundle's id is the SHA-256 of this file's bytes, as in the OCI image specification.",
 "type": "object",
 "additionalProperties": false,
 "required": [
  "format",
  "name",
  "dim",
  "normalised",
  "space",
  "files",
  "towers",
  "text",
  "interactions",
  "origin",
  "parity",
  "speed",
  "metrics",
  "createdBy"
 ],
 "properties": {
  "format": {
   "const": 1
  },
  "name": {
   "type": "string",
   "pattern": "^[a-z0-9][a-z0-9._-]{0,79}$"
  },
  "dim": {
   "type": "integer",
   "minimum": 8,
   "maximum": 4096
  },
  "normalised": {
   "const": true,
   "description": "Every embedding has unit length."
  },
  "space": {
   "$ref": "#/$defs/sha256",
   "description": "SHA-256 over what determines item embeddings (the item-side files and preprocessing). Two vectors may be compared only within one space."
  },
  "createdBy": {
   "type": "object",
   "additionalProperties": false,
   "required": [
    "version"
   ],
   "properties": {
    "version": {
     "type": "string"
    },
    "commit": {
     "type": "string"
    }
   }
  },
  "files": {
   "type": "object",
   "minProperties": 1,
   "propertyNames": {
    "pattern": "^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$"
   },
   "additionalProperties": {
    "type": "object",
    "additionalProperties": false,
    "required": [
     "sha256",
     "bytes"
    ],
    "properties": {
     "sha256": {
      "$ref": "#/$defs/sha256"
     },
     "bytes": {
      "type": "integer",
      "minimum": 1
     }
    }
   }
  },
  "towers": {
   "type": "object",
   "additionalProperties": false,
   "required": [
    "textEncoder",
    "itemTower",
    "userTower"
   ],
   "properties": {
    "textEncoder": {
     "$ref": "#/$defs/tower"
    },
    "imageEncoder": {
     "$ref": "#/$defs/tower"
    },
    "itemTower": {
     "$ref": "#/$defs/tower"
    },
    "userTower": {
     "$ref": "#/$defs/tower"
    }
   }
  },
  "lite": {
   "type": "object",
   "additionalProperties": false,
   "required": [
    "textToItem",
    "userTower",
    "downloadBytes"
   ],
   "description": "What a browser downloads: token ids straight to an item embedding of the same space, and the user tower.",
   "properties": {
    "textToItem": {
     "$ref": "#/$defs/tower"
    },
    "userTower": {
     "$ref": "#/$defs/tower"
    },
    "downloadBytes": {
     "type": "integer",
     "minimum": 1,
     "description": "Both towers and the tokenizer, uncompressed."
    }
   }
  },
  "text": {
   "type": "object",
   "additionalProperties": false,
   "required": [
    "tokenizer",
    "itemText"
   ],
   "properties": {
    "tokenizer": {
     "type": "object",
     "additionalProperties": false,
     "required": [
      "file",
      "type",
      "maxTokens"
     ],
     "properties": {
      "file": {
       "type": "string",
       "description": "A Hugging Face tokenizer.json"
      },
      "type": {
       "enum": [
        "wordpiece",
        "bpe"
       ]
      },
      "maxTokens": {
       "type": "integer",
       "minimum": 4,
       "maximum": 8192
      },
      "padTo": {
       "type": "integer",
       "minimum": 1,
       "description": "Present where the encoder needs one fixed length."
      }
     }
    },
    "itemText": {
     "type": "object",
     "additionalProperties": false,
     "required": [
      "fields",
      "separator",
      "maxChars"
     ],
     "description": "An item's text: each field's value (a list joined by single spaces) with white space collapsed and trimmed, absent or empty ones skipped, joined by separator, cut to maxChars Unicode code points. vectors/item-text.json holds the cases.",
     "properties": {
      "fields": {
       "type": "array",
       "minItems": 1,
       "items": {
        "type": "string",
        "pattern": "^(title|brand|description|categoryPath|attributes\\.[a-z][A-Za-z0-9]*)$"
       }
      },
      "separator": {
       "type": "string"
      },
      "maxChars": {
       "type": "integer",
       "minimum": 16
      }
     }
    }
   }
  },
  "image": {
   "type": "object",
   "additionalProperties": false,
   "required": [
    "size",
    "resize",
    "interpolation",
    "mean",
    "std"
   ],
   "description": "RGB (transparent pixels on white), shorter side to `resize`, centre crop `size` × `size`, value/255, minus mean, over std, NCHW float32.",
   "properties": {
    "size": {
     "type": "integer",
     "minimum": 16
    },
    "resize": {
     "type": "integer",
     "minimum": 16
    },
    "interpolation": {
     "enum": [
      "bicubic",
      "bilinear"
     ]
    },
    "mean": {
     "$ref": "#/$defs/rgb"
    },
    "std": {
     "$ref": "#/$defs/rgb"
    }
   }
  },
  "interactions": {
   "type": "object",
   "additionalProperties": false,
   "required": [
    "kinds",
    "maxItems"
   ],
   "properties": {
    "kinds": {
     "const": [
      "view",
      "wishlist",
      "cart",
      "purchase",
      "rating",
      "dismiss"
     ]
    },
    "maxItems": {
     "type": "integer",
     "minimum": 1,
     "description": "The user tower sees at most this many, most recent first."
    }
   }
  },
  "origin": {
   "type": "array",
   "items": {
    "type": "object",
    "additionalProperties": false,
    "required": [
     "tower",
     "source",
     "licence"
    ],
    "properties": {
     "tower": {
      "type": "string"
     },
     "source": {
      "type": "string"
     },
     "licence": {
      "type": "string"
     },
     "note": {
      "type": "string"
     }
    }
   }
  },
  "parity": {
   "type": "array",
   "items": {
    "type": "object",
    "additionalProperties": false,
    "required": [
     "tower",
     "against",
     "samples",
     "maxAbsDiff",
     "minCosine"
    ],
    "properties": {
     "tower": {
      "type": "string"
     },
     "against": {
      "type": "string"
     },
     "samples": {
      "type": "integer",
      "minimum": 1
     },
     "maxAbsDiff": {
      "type": "number",
      "minimum": 0
     },
     "minCosine": {
      "type": "number",
      "minimum": -1,
      "maximum": 1.001
     }
    }
   }
  },
  "speed": {
   "type": "array",
   "items": {
    "type": "object",
    "additionalProperties": false,
    "required": [
     "tower",
     "provider",
     "batch",
     "p50Ms",
     "p95Ms",
     "repeats"
    ],
    "properties": {
     "tower": {
      "type": "string"
     },
     "provider": {
      "type": "string"
     },
     "batch": {
      "type": "integer",
      "minimum": 1
     },
     "p50Ms": {
      "type": "number",
      "minimum": 0
     },
     "p95Ms": {
      "type": "number",
      "minimum": 0
     },
     "repeats": {
      "type": "integer",
      "minimum": 1
     }
    }
   }
  },
  "metrics": {
   "type": "object",
   "description": "Of the training run it came from; empty where nothing was trained."
  }
 },
 "$defs": {
  "sha256": {
   "type": "string",
   "pattern": "^[0-9a-f]{64}$"
  },
  "rgb": {
   "type": "array",
   "minItems": 3,
   "maxItems": 3,
   "items": {
    "type": "number"
   }
  },
  "tensor": {
   "type": "object",
   "additionalProperties": false,
   "required": [
    "name",
    "role",
    "dtype",
    "shape"
   ],
   "properties": {
    "name": {
     "type": "string"
    },
    "role": {
     "enum": [
      "inputIds",
      "attentionMask",
      "tokenTypeIds",
      "pixels",
      "text",
      "image",
      "modalityMask",
      "items",
      "kinds",
      "agesDays",
      "itemMask",
      "embedding"
     ]
    },
    "dtype": {
     "enum": [
      "float32",
      "float16",
      "int64",
      "int32"
     ]
    },
    "shape": {
     "type": "array",
     "items": {
      "oneOf": [
       {
        "type": "integer",
        "minimum": 1
       },
       {
        "type": "string"
       }
      ]
     },
     "description": "A string is a free dimension."
    }
   }
  },
  "tower": {
   "type": "object",
   "additionalProperties": false,
   "required": [
    "file",
    "precision",
    "inputs",
    "outputs"
   ],
   "properties": {
    "file": {
     "type": "string"
    },
    "precision": {
     "enum": [
      "float32",
      "float16",
      "int8"
     ]
    },
    "inputs": {
     "type": "array",
     "minItems": 1,
     "items": {
      "$ref": "#/$defs/tensor"
     }
    },
    "outputs": {
     "type": "array",
     "minItems": 1,
     "items": {
      "$ref": "#/$defs/tensor"
     }
    }
   }
  }
 }
};
