// Generated from contracts/ by `npm run contracts`. Do not edit.
/**
 * schema.org/ItemAvailability without its prefix.
 */
export type Availability =
  | "InStock"
  | "OutOfStock"
  | "LimitedAvailability"
  | "PreOrder"
  | "BackOrder"
  | "Discontinued"
  | "InStoreOnly"
  | "OnlineOnly"
  | "SoldOut"
  | "PreSale"
  | "Reserved"
  | "MadeToOrder";
export type Condition = "NewCondition" | "UsedCondition" | "RefurbishedCondition" | "DamagedCondition";
export type Syntax =
  "json-ld" | "microdata" | "rdfa" | "opengraph" | "meta" | "state" | "dom" | "feed" | "rendered" | "url";
export type Verdict = "product" | "listing" | "blocked" | "empty" | "needs_js" | "not_found";
/**
 * The position in this list is the integer that user towers receive.
 */
export type InteractionKind = "view" | "wishlist" | "cart" | "purchase" | "rating" | "dismiss";
export type TensorRole =
  | "inputIds"
  | "attentionMask"
  | "tokenTypeIds"
  | "pixels"
  | "text"
  | "image"
  | "modalityMask"
  | "items"
  | "kinds"
  | "agesDays"
  | "itemMask"
  | "weights"
  | "embedding";
/**
 * crop (where absent): the shorter side to `resize`. squash: both sides to `resize`. pad: the longer side to `resize`, the rest in `fill`.
 */
export type ImageMode = "crop" | "squash" | "pad";
/**
 * The file's model type; the browser reads wordpiece only.
 */
export type TokenizerType = "wordpiece" | "bpe" | "unigram";
export type ReducedPrecision = "fp16" | "int8-weights" | "int8-dynamic" | "int8-static";
/**
 * The list of packs that somebody publishes: the newest pack of each shop. It is the one file whose name is no hash, and it is written last. Names are relative to its address.
 *
 * @maxItems 10000
 */
export type PackList = PackListEntry[];
/**
 * Random id of one shown list, made on the device and used for no other. With it, and without diversity, a request takes part in experiments.
 */
export type ScreenId = string;
/**
 * Most frequent first.
 *
 * @maxItems 20
 */
export type FacetValues = FacetValue[];
export type Rejected = Rejection[];
export type RankedCard = Card & {
  score: number;
  /**
   * Titles of at most two liked items.
   */
  why: string[];
};
/**
 * Why the reading of a shop's catalogue ended before its end. robots: the shop asks programs not to read it. slow: it asks for longer pauses than a reading can make. no_feed: it publishes no list of its products. unreachable: it does not answer, or refuses. busy: it asked to come back later. storage: the device has no room. limit: there are more products than are kept.
 */
export type ShelfReason = "robots" | "slow" | "no_feed" | "unreachable" | "busy" | "storage" | "limit";
/**
 * What a request is for. catalogue: a shop's public feed, sitemap or page, for its catalogue on this device. pack: the list or a file of published catalogues. shared: a shared server's public clusters, or candidates of one shop for a report drawn at random or the product on screen. compared: the image of what was seen, read by its page. shown: images that a page of the extension shows; the url is their host, and the body a JSON list of their addresses. Absent: a request to the shopper's own server, or one that an earlier version noted.
 */
export type Purpose = "catalogue" | "pack" | "shared" | "compared" | "shown";
/**
 * Why a row is not imported. paused: learning is paused. no_title: neither words nor an address that says some. invalid: an address, a date or another field that cannot be. too_old: before what the profile keeps. already_known: the profile has it. no_room: the profile is full. private: an address of an account or an order, or one that holds personal data. sensitive: of a category that is never kept. no_consent: the shop was not allowed. beyond: after the rows that are read.
 */
export type ImportRefusal =
  | "paused"
  | "no_title"
  | "invalid"
  | "too_old"
  | "already_known"
  | "no_room"
  | "private"
  | "sensitive"
  | "no_consent"
  | "beyond";

/**
 * One sellable item of one shop, in schema.org's words. Absent means unknown; null never appears on the wire.
 */
export interface Product {
  /**
   * Registrable domain (Public Suffix List, default rule *). For IP addresses and single-label hosts: host, with :port where the URL names one.
   */
  shop: string;
  /**
   * First 16 hex digits of SHA-256 over the UTF-8 canonical URL.
   */
  itemId: string;
  /**
   * Canonical URL: see urls.json.
   */
  url: string;
  title?: string;
  description?: string;
  brand?: string;
  /**
   * Widest first; neither the home page nor the product itself.
   *
   * @maxItems 12
   */
  categoryPath?: string[];
  /**
   * GTIN-14, check digit verified, restricted prefixes refused.
   */
  gtin?: string;
  sku?: string;
  mpn?: string;
  /**
   * Absolute, best first.
   *
   * @maxItems 30
   */
  images?: string[];
  price?: Price;
  regularPrice?: Price;
  availability?: Availability;
  condition?: Condition;
  rating?: Rating;
  attributes?: Attributes;
  /**
   * @maxItems 250
   */
  variants?: Variant[];
  /**
   * Never who wrote it.
   *
   * @maxItems 50
   */
  reviews?: Review[];
  language?: string;
  fetchedAt?: string;
  provenance: Provenance;
  verdict: Verdict;
}
/**
 * amount and currency come from one source on the page.
 */
export interface Price {
  /**
   * Decimal, as text.
   */
  amount: string;
  /**
   * ISO 4217
   */
  currency?: string;
  /**
   * As the page wrote it.
   */
  amountText?: string;
}
export interface Rating {
  value: number;
  best: number;
  count?: number;
}
/**
 * color, size, material, pattern, gender, ageGroup, …
 */
export interface Attributes {
  [k: string]: string;
}
export interface Variant {
  sku?: string;
  gtin?: string;
  url?: string;
  image?: string;
  price?: Price;
  availability?: Availability;
  attributes?: Attributes;
}
export interface Review {
  rating?: Rating;
  date?: string;
  text?: string;
}
/**
 * Which syntax each field was read from.
 */
export interface Provenance {
  [k: string]: Syntax;
}
/**
 * What one user did with one item. On a shopper's device it never leaves the encrypted profile.
 */
export interface Interaction {
  /**
   * Only in an operator's own data sets; never on a device.
   */
  user?: string;
  /**
   * Registrable domain (Public Suffix List, default rule *). For IP addresses and single-label hosts: host, with :port where the URL names one.
   */
  shop: string;
  /**
   * First 16 hex digits of SHA-256 over the UTF-8 canonical URL.
   */
  itemId: string;
  kind: InteractionKind;
  time: string;
  weight?: number;
}
/**
 * An exported profile, as far as an import reads it: the interactions, and what was saved for later. What else an export has (settings, ledger, what shops gave) tells a person what is kept, and is not imported: the browser must be asked for shops again, and a file must not name a server. Another format has another number.
 */
export interface ImportedProfile {
  format: 1;
  exportedAt?: string;
  /**
   * @maxItems 5000
   */
  interactions: ImportedInteraction[];
  /**
   * @maxItems 5000
   */
  saved?: ImportedSaved[];
}
export interface ImportedInteraction {
  /**
   * Of the record that it was; it gets another.
   */
  id?: string;
  kind: "view" | "wishlist" | "cart" | "purchase" | "rating" | "dismiss";
  time: string;
  weight?: number;
  /**
   * Of the embedding.
   */
  space?: string;
  /**
   * base64 of float32; kept only where it agrees with the words of the product, else made anew.
   */
  embedding?: string;
  product: ImportedProduct;
}
export interface ImportedProduct {
  /**
   * Told by the address; what stands here is not read.
   */
  shop?: string;
  /**
   * As the shop's.
   */
  itemId?: string;
  url: string;
  title?: string;
  brand?: string;
  description?: string;
  /**
   * @maxItems 20
   */
  categoryPath?: string[];
  attributes?: {
    [k: string]: string;
  };
  /**
   * @maxItems 10
   */
  images?: string[];
  price?: ImportedPrice;
}
export interface ImportedPrice {
  amount: string;
  currency?: string;
  amountText?: string;
}
export interface ImportedSaved {
  /**
   * Of the record that it was; it gets another.
   */
  id?: string;
  savedAt?: string;
  /**
   * Told by the address; what stands here is not read.
   */
  shop?: string;
  card: ImportedCard;
}
export interface ImportedCard {
  /**
   * As the address's.
   */
  shop?: string;
  /**
   * Told by the address.
   */
  itemId?: string;
  url: string;
  title: string;
  brand?: string;
  /**
   * @maxItems 20
   */
  categoryPath?: string[];
  attributes?: {
    [k: string]: string;
  };
  image?: string;
  price?: ImportedPrice;
  regularPrice?: ImportedPrice;
  availability?: string;
}
/**
 * manifest.json of a bundle directory. The bundle's id is the SHA-256 of this file's bytes, as in the OCI image specification. A member with x-statement is a statement of who exported it: it decides nothing, and only a signature vouches for it.
 */
export interface BundleManifest {
  format: 2;
  name: string;
  dim: number;
  /**
   * Every embedding has unit length.
   */
  normalised: true;
  /**
   * The coordinate of an item embedding that holds the squared length a missing modality would have held. It is zero in user embeddings. Two items are compared without it, over the smaller of what is known of each.
   */
  filler?: number;
  /**
   * This interface was referenced by `BundleManifest`'s JSON-Schema
   * via the `definition` "sha256".
   */
  space: string;
  createdBy: BundleCreator;
  files: {
    [k: string]: BundleFile;
  };
  towers: BundleTowers;
  lite?: LiteBundle;
  text: BundleText;
  image?: ImageRule;
  shopMetric?: ShopMetricRule;
  probes: ProbesRule;
  interactions: BundleInteractions;
  origin: TowerOrigin[];
  parity: TowerParity[];
  speed: TowerSpeed[];
  /**
   * What each tower loses that is not in float32, against float32, on a retrieval set of composed phrases and drawn images whose relevance is known by how they were made. Of lite.image.toItem the cosines are of the image's own coordinates.
   */
  loss?: TowerLoss[];
  /**
   * Of the training run it came from; empty where nothing was trained.
   */
  metrics: {};
}
export interface BundleCreator {
  version: string;
  commit?: string;
}
export interface BundleFile {
  /**
   * This interface was referenced by `BundleManifest`'s JSON-Schema
   * via the `definition` "sha256".
   */
  sha256: string;
  bytes: number;
}
export interface BundleTowers {
  textEncoder?: BundleTower;
  imageEncoder?: BundleTower;
  itemTower: BundleTower;
  userTower: BundleTower;
}
export interface BundleTower {
  file: string;
  precision: "float32" | "float16" | "int8";
  /**
   * @minItems 1
   */
  inputs: Tensor[];
  /**
   * @minItems 1
   */
  outputs: Tensor[];
}
export interface Tensor {
  name: string;
  role: TensorRole;
  dtype: "float32" | "float16" | "int64" | "int32";
  /**
   * A string is a free dimension.
   */
  shape: (number | string)[];
}
/**
 * What a browser downloads. Texts become item embeddings of the same space by textToItem or textBlock, a history becomes a user's by userTower or pooling. With textBlock and pooling a browser opens no ONNX file.
 */
export interface LiteBundle {
  textToItem?: BundleTower;
  textBlock?: TextBlockRule;
  userTower?: BundleTower;
  pooling?: PoolingRule;
  image?: LiteImage;
  /**
   * The towers' files, the tokenizer or token table, the shop metric and the probes, uncompressed, without image.
   */
  downloadBytes: number;
}
/**
 * The embedding of an item of which only the text is known, from the features of a token table: the features at unit length times sqrt(share) from the coordinate start on, sqrt(1 - share) at the filler, zeros elsewhere. Where no feature exceeds 1e-6, 1 at the filler. vectors/text-block.json holds the cases.
 */
export interface TextBlockRule {
  start: number;
  /**
   * Of the squared length.
   */
  share: number;
}
/**
 * Numbers of the user tower that is a weighted sum of items. vectors/user-tower.json states the formula and holds the cases.
 */
export interface PoolingRule {
  /**
   * In the order of interactions.kinds. Above 0 is liked; below 0 is a share of all that was liked.
   *
   * @minItems 6
   * @maxItems 6
   */
  kindWeights: number[];
  /**
   * An interaction this much older than the newest liked one counts half.
   */
  halfLifeDays: number;
  /**
   * An interaction with this many newer liked ones counts half.
   */
  halfLifeItems: number;
  /**
   * Of how often an interaction happened on its day.
   */
  repeatExponent: number;
  /**
   * Dismissals together weigh at most this share of what was liked.
   */
  maxDismissShare: number;
}
/**
 * How a browser makes an item of which text and image are known; it downloads and runs this only where the shopper asks for it. The item is that of toItem, with the coordinates of the text block (from textBlock.start on, text.table.dim of them) taken from the text's item, and at the filler the square root of what the others leave of a squared length of 1. vectors/text-block.json holds the cases.
 */
export interface LiteImage {
  toItem: BundleTower;
  rule: ImageRule;
  /**
   * Of the file of toItem, uncompressed; not part of lite.downloadBytes.
   */
  downloadBytes: number;
}
/**
 * RGB as a browser shows it (EXIF orientation applied, transparent pixels on white, the first frame), resized by `mode`, centre `size` × `size`, value/255, minus mean, over std, NCHW float32.
 */
export interface ImageRule {
  size: number;
  resize: number;
  mode?: ImageMode;
  /**
   * Colour beside a padded image, black where absent.
   *
   * @minItems 3
   * @maxItems 3
   */
  fill?: number[];
  interpolation: "bicubic" | "bilinear";
  /**
   * @minItems 3
   * @maxItems 3
   */
  mean: number[];
  /**
   * @minItems 3
   * @maxItems 3
   */
  std: number[];
}
/**
 * How a text becomes features: by a tokenizer and towers.textEncoder, or by a token table alone.
 */
export interface BundleText {
  /**
   * What the text encoder expects before every text, such as "query: "; it stands before the item's text and outside its maxChars.
   */
  prefix?: string;
  tokenizer?: TokenizerRule;
  table?: TokenTableRule;
  itemText: ItemTextRule;
}
export interface TokenizerRule {
  /**
   * A Hugging Face tokenizer.json
   */
  file: string;
  type: TokenizerType;
  maxTokens: number;
  /**
   * Present where the encoder needs one fixed length.
   */
  padTo?: number;
}
/**
 * Static token vectors and hashed words, which give text features without a network. vectors/token-table.json holds the file's layout and the cases.
 */
export interface TokenTableRule {
  file: string;
  /**
   * The width of the features, as its file gives them.
   */
  dim: number;
}
/**
 * An item's text: each field's value (a list joined by single spaces) with white space collapsed and trimmed, absent or empty ones skipped, joined by separator, cut to maxChars Unicode code points. vectors/item-text.json holds the cases.
 */
export interface ItemTextRule {
  /**
   * @minItems 1
   */
  fields: string[];
  separator: string;
  maxChars: number;
}
/**
 * How the items of one shop are compared: by the shop's own mean and covariance, shrunk towards the bundle's own. Absent: items are compared as they are. The file holds the bundle's own mean and covariances: float32 little-endian, dim numbers, then length × length numbers a block, row by row. Both are of the unit directions of a block over the items that know it. vectors/shop-metric.json holds the cases.
 */
export interface ShopMetricRule {
  file: string;
  /**
   * The ridge: M = (C / v + lambda I)^-1 for a block's covariance C with the largest eigenvalue v.
   */
  lambda: number;
  /**
   * The weight of the bundle's own mean and covariance in a shop's, in items.
   */
  pseudoItems: number;
  /**
   * The weight of the bundle's own covariance, where another than that of its mean.
   */
  covariancePseudoItems?: number;
  /**
   * The coordinates of one modality each: disjoint, inside dim, without the filler. A block of zeros is a modality that the item lacks.
   *
   * @minItems 1
   * @maxItems 8
   */
  blocks: ShopMetricBlock[];
}
export interface ShopMetricBlock {
  start: number;
  length: number;
}
/**
 * Inputs with the vectors that the towers gave where the bundle was exported, which whoever loads the bundle runs again. bundle-probes.schema.json describes the file.
 */
export interface ProbesRule {
  file: string;
}
export interface BundleInteractions {
  kinds: ["view", "wishlist", "cart", "purchase", "rating", "dismiss"];
  /**
   * The user tower sees at most this many, most recent first.
   */
  maxItems: number;
}
export interface TowerOrigin {
  tower: string;
  source: string;
  licence: string;
  note?: string;
}
export interface TowerParity {
  tower: string;
  against: string;
  samples: number;
  maxAbsDiff: number;
  minCosine: number;
}
export interface TowerSpeed {
  tower: string;
  provider: string;
  batch: number;
  p50Ms: number;
  p95Ms: number;
  repeats: number;
}
export interface TowerLoss {
  tower: string;
  precision: ReducedPrecision;
  minCosine: number;
  medianCosine?: number;
  /**
   * NDCG@10 of this tower minus that of float32; below zero is a loss.
   */
  deltaNdcg10: number;
  deltaRecall10: number;
  bound: LossBound;
  /**
   * Whether the loss is beyond the bound and was accepted by --accept-loss; without it such a bundle is refused.
   */
  accepted: boolean;
}
export interface LossBound {
  minCosine: number;
  deltaNdcg10: number;
  deltaRecall10: number;
}
/**
 * The probes of a bundle: inputs with the vectors that its towers gave where it was exported. Whoever loads the bundle runs them again. probe-bounds.json says how near the vectors must be; vectors/bundle-probes.json holds the cases.
 */
export interface BundleProbes {
  /**
   * @minItems 16
   * @maxItems 64
   */
  items: ItemProbe[];
  /**
   * @minItems 4
   * @maxItems 64
   */
  users: UserProbe[];
}
/**
 * An item from its raw fields, its image, or both, to its embedding.
 */
export interface ItemProbe {
  product: ProbeProduct;
  /**
   * A PNG or JPEG file as base64. Only in bundles with an image encoder.
   */
  image?: string;
  /**
   * Base64 of little-endian int16: each of the dim numbers × 32767, rounded.
   */
  embedding: string;
}
/**
 * The fields of a product that an item's text may be made of; none of them where only the image is known.
 */
export interface ProbeProduct {
  title?: string;
  brand?: string;
  description?: string;
  /**
   * @maxItems 12
   */
  categoryPath?: string[];
  attributes?: {
    [k: string]: string;
  };
}
/**
 * A history, most recent first, to the user's embedding. Its items are the stated embeddings of the item probes, by position.
 */
export interface UserProbe {
  /**
   * @minItems 1
   * @maxItems 1000
   */
  items: number[];
  /**
   * @minItems 1
   * @maxItems 1000
   */
  kinds: ("view" | "wishlist" | "cart" | "purchase" | "rating" | "dismiss")[];
  /**
   * @minItems 1
   * @maxItems 1000
   */
  agesDays: number[];
  /**
   * @minItems 1
   * @maxItems 1000
   */
  weights: number[];
  /**
   * Base64 of little-endian int16: each of the dim numbers × 32767, rounded.
   */
  embedding: string;
}
/**
 * The manifest of a pack: the catalogue of one shop as static files, which a device downloads whole and ranks itself. The manifest is canonical JSON (RFC 8785), and the file is named by its SHA-256: HASH.json. Each other file is named HASH.bin and holds a zlib stream. contracts/vectors/packs.json holds a small pack, its delta, and what is refused.
 */
export interface PackManifest {
  format: 1;
  /**
   * As in a Product.
   */
  shop: string;
  /**
   * Of the bundle whose item vectors these are.
   */
  space: string;
  /**
   * The time of the catalogue's newest change of this shop. A device takes no pack that is older than the one that it has.
   */
  created: string;
  numItems: number;
  vectors: PackVectors;
  /**
   * All items. The first part has at most 1,000, spread over the catalogue, so that a device can rank before the rest has come.
   *
   * @minItems 1
   * @maxItems 128
   */
  parts: PackPart[];
  /**
   * Items of the first part, so that a device can prove that its own model makes the same vectors of the same texts, and that the rows belong to the cards.
   *
   * @minItems 1
   * @maxItems 16
   */
  probes: PackProbe[];
  delta?: PackDelta;
}
/**
 * How the numbers of an item vector are kept. A file of vectors holds those blocks that have bits, one after the other. Of each first one byte an item, its code c; then, unless all codes are 0, the numbers q, coordinate by coordinate and in each item by item: a signed byte, or where bits is 4 half a byte, q + 8, the first in the lower half, the last byte filled with 0. The number is q * c / (255 * most), most being 127 or 7. Where bits is 0 the numbers are those of the vector that the device's own model makes of the item's text, as the fields of its card give it.
 */
export interface PackVectors {
  dim: number;
  /**
   * They follow each other without a gap, from 0 to dim.
   *
   * @minItems 1
   * @maxItems 64
   */
  blocks: PackBlock[];
}
export interface PackBlock {
  start: number;
  length: number;
  bits: 0 | 4 | 8;
}
export interface PackPart {
  numItems: number;
  cards: PackFile;
  vectors: PackFile;
}
export interface PackFile {
  sha256: string;
  bytes: number;
  unpackedBytes: number;
}
export interface PackProbe {
  row: number;
  /**
   * What the text encoder read of the item.
   */
  text: string;
  /**
   * base64 of dim little-endian int16, × 32767: the vector of an item with this text and without an image.
   */
  textVector: string;
  /**
   * The same of the item's own vector, before it was cut to fewer bits.
   */
  vector: string;
}
/**
 * What a device that has the pack before needs to have this one.
 */
export interface PackDelta {
  /**
   * The SHA-256 of the manifest before.
   */
  previous: string;
  /**
   * Ids of items that are gone: the first 16 hexadecimal digits of the SHA-256 of the address.
   *
   * @maxItems 100000
   */
  removed: string[];
  /**
   * Items that were added or changed.
   *
   * @maxItems 128
   */
  parts: PackPart[];
}
export interface PackListEntry {
  shop: string;
  manifest: string;
  /**
   * The signature of the manifest, a file as manifest.sig of a bundle, named by its own SHA-256.
   */
  signature?: string;
}
/**
 * What a part of a pack says of its items: a list for each field, item by item, with an empty value where an item has none. All lists have one length. A field that no item has is left out.
 */
export interface PackCards {
  url: string[];
  title: string[];
  brand?: string[];
  categoryPath?: string[][];
  image?: string[];
  price?: PackPrice[];
  regularPrice?: PackPrice[];
  availability?: string[];
  attributes?: {
    [k: string]: string;
  }[];
}
export interface PackPrice {
  amount?: string;
  currency?: string;
}
export interface Problem {
  type: "about:blank";
  /**
   * The HTTP status phrase.
   */
  title: string;
  status: number;
  /**
   * Stable, for programs: invalid_json, invalid_octets, invalid_request, vector_length, space_mismatch, clusters_mismatch, no_clusters, unknown_shop, unknown_item, unknown_bundle, unknown_write, not_found, method_not_allowed, body_too_large, body_too_slow, busy, unauthorised, forbidden, insufficient_scope, too_many_requests, untrusted_host, untrusted_origin, not_ready, internal, handshake_failed, pairing_over, unknown_device, channel_expired, request_repeated, not_paired, no_copy, changed, no_condition, too_many_writes, no_room, disk_full.
   */
  code: string;
  /**
   * What was expected, what came, what to do.
   */
  detail: string;
  /**
   * JSON pointer to the offending part of the body.
   */
  pointer?: string;
}
export interface Shop {
  shop: string;
  items: number;
  /**
   * Grows with every change of the shop's items.
   */
  version: number;
}
export interface ShopMeans {
  space: string;
  shops: ShopMean[];
}
export interface ShopMean {
  shop: string;
  /**
   * Items that the mean was estimated from, 0: it is the bundle's own.
   */
  count: number;
  /**
   * base64 of dim float32, little-endian: the mean of the unit directions of each block of shopMetric, shrunk towards the bundle's.
   */
  mean: string;
}
export interface RecommendationRequest {
  /**
   * own: the server is the shopper's own and gets the exact taste vector.
   */
  mode: "own";
  shop: string;
  k: number;
  /**
   * The user embedding, `dim` numbers, unit length (±1e-3). Absent: a diverse, in-stock first screen.
   */
  vector?: number[];
  /**
   * Required with vector. Any of the server's bundles; without a vector the served one answers.
   */
  space?: string;
  filters?: Filters;
  /**
   * MMR's 1 - lambda: 0 is pure relevance. The default is the server's setting, or an experiment's.
   */
  diversity?: number;
  /**
   * vectors: each item carries what items are compared with each other by, so that the device can say why.
   */
  include?: "vectors"[];
  screen?: ScreenId;
}
export interface Filters {
  /**
   * true: only items that can be bought now or that do not say.
   */
  inStock?: boolean;
  priceMin?: number;
  priceMax?: number;
  /**
   * Required with priceMin or priceMax.
   */
  currency?: string;
  /**
   * @maxItems 100
   */
  brands?: string[];
  /**
   * A prefix of categoryPath.
   *
   * @minItems 1
   * @maxItems 12
   */
  category?: string[];
  /**
   * Item ids of this shop.
   *
   * @maxItems 1000
   */
  exclude?: string[];
}
export interface ScreenEvent {
  screen: ScreenId;
  shop: string;
  /**
   * How the screen was ranked.
   */
  mode: "own";
  /**
   * As the recommendations said it. One event of a screen has those of all the others.
   */
  space: string;
  /**
   * As the recommendations said it; absent where they said none.
   */
  arm?: string;
  /**
   * A click or dismissal counts where the item has an impression on the same screen.
   */
  kind: "impression" | "click" | "dismiss";
  /**
   * @minItems 1
   * @maxItems 100
   */
  items: ScreenItem[];
}
export interface ScreenItem {
  itemId: string;
  /**
   * In the list as it was shown, from 0.
   */
  position: number;
}
export interface InterestClusters {
  /**
   * Of the space's ASCII digits and the bytes of centroids: the clusters' name.
   */
  sha256: string;
  space: string;
  /**
   * Of one report. It is fixed: a device refuses others.
   */
  epsilon: 4;
  count: number;
  /**
   * base64 of count × dim float32, little-endian, row by row. A taste's cluster is the first with the largest inner product.
   */
  centroids: string;
}
/**
 * In mode clusters with of and cluster, in mode context with itemId, and never with both.
 */
export interface CandidateRequest {
  mode: "clusters" | "context";
  shop: string;
  /**
   * Candidates beside the pack's first part; at most 1000 in mode context.
   */
  k: number;
  /**
   * sha256 of the clusters.
   */
  of?: string;
  /**
   * The reported cluster.
   */
  cluster?: number;
  /**
   * The product on screen.
   */
  itemId?: string;
}
export interface Candidates {
  mode: "clusters" | "context";
  /**
   * The name of the pack's manifest.
   */
  manifest: string;
  /**
   * The pack's files by name, each as base64.
   */
  files: {
    [k: string]: string;
  };
}
export interface RecommendedItem {
  itemId: string;
  url: string;
  title: string;
  brand?: string;
  categoryPath?: string[];
  image?: string;
  price?: Price;
  regularPrice?: Price;
  availability?: string;
  /**
   * Cosine of user and item in the shop's metric, -1 to 1: the inner product of the vector with the stored item, over the vector's length in that metric. Without shopMetric the plain cosine. On a first screen 0.
   */
  score: number;
  /**
   * base64 of dim signed bytes, × 127, rounded: the embedding without its shop's mean (the centred item of shopMetric), which the device compares with what it saw elsewhere, centred alike. Without shopMetric the embedding. What a user is compared with is stored and never sent.
   */
  vectorInt8?: string;
}
export interface RecommendationResponse {
  shop: string;
  space: string;
  strategy: "exact" | "hnsw" | "exact_filtered" | "first_screen";
  /**
   * Of an experiment, which events of this screen say back; absent where none runs at the shop.
   */
  arm?: string;
  items: RecommendedItem[];
}
/**
 * At least one of text and image; text needs a letter or a digit where there is no image.
 */
export interface SearchRequest {
  shop: string;
  text?: string;
  /**
   * base64 of an image file (JPEG, PNG, WebP, GIF or AVIF), at most --image-max-bytes and --image-max-pixels.
   */
  image?: string;
  taste?: SearchTaste;
  k?: number;
  filters?: Filters;
  facets?: boolean;
}
/**
 * A user embedding as in RecommendationRequest: candidates are re-ranked by it, lightly. Only for the shopper's own server.
 */
export interface SearchTaste {
  vector: number[];
  space: string;
}
export interface FoundItem {
  itemId: string;
  url: string;
  title: string;
  brand?: string;
  categoryPath?: string[];
  image?: string;
  price?: Price;
  regularPrice?: Price;
  availability?: string;
  /**
   * 1 for an item that is first by every list of the search; comparable within one answer only.
   */
  score: number;
  foundBy: ("words" | "vector")[];
}
export interface FacetValue {
  value: string;
  count: number;
}
/**
 * By what a shop's items can be filtered. A list is empty where it would offer no choice.
 */
export interface Facets {
  numItems: number;
  price?: {
    lowest: number;
    highest: number;
    currency?: string;
  };
  /**
   * Whether some are sold out and some are not.
   */
  inStock: boolean;
  /**
   * Whether some cost less than regularly and some do not.
   */
  onSale: boolean;
  brand: FacetValue1[];
  category: FacetValue1[];
  size: FacetValue1[];
  color: FacetValue1[];
}
export interface FacetValue1 {
  value: string;
  count: number;
}
export interface SearchResponse {
  shop: string;
  space: string;
  /**
   * vector: an image alone.
   */
  strategy: "vector" | "words_and_vector";
  /**
   * Items that match: those that hold the most of the text's words, and those shown. An estimate; of an image alone its candidates.
   */
  total: number;
  items: FoundItem[];
  facets?: Facets1;
  /**
   * The text as it was searched, where a word that no item holds was taken for another.
   */
  didYouMean?: string;
}
/**
 * Counts over the items that match; color and size over the first 200 of them.
 */
export interface Facets1 {
  brands: FacetValues;
  /**
   * Prefixes of categoryPath, one level below the category that was filtered by.
   *
   * @maxItems 20
   */
  categories: FacetCategory[];
  /**
   * Bands of the filter's currency, else of the most frequent one.
   */
  prices: FacetPrices[];
  availability: FacetAvailability[];
  color: FacetValues;
  size: FacetValues;
}
export interface FacetCategory {
  value: string[];
  count: number;
}
export interface FacetPrices {
  currency: string;
  min: number;
  /**
   * The band ends below it.
   */
  max: number;
  count: number;
}
export interface FacetAvailability {
  /**
   * inStock: what the filter inStock keeps.
   */
  value: "inStock" | "other";
  count: number;
}
export interface AcceptedWrite {
  write: number;
  /**
   * Products or item keys that will be applied.
   */
  accepted: number;
  rejected?: Rejected;
}
export interface Rejection {
  /**
   * Position in the request's list.
   */
  index: number;
  problem: string;
}
export interface Write {
  write: number;
  /**
   * failed: it could not be applied, for the reason in `problem`.
   */
  state: "waiting" | "applied" | "failed";
  receivedAt: string;
  finishedAt?: string;
  /**
   * Written; while it waits, accepted to be written or deleted.
   */
  accepted?: number;
  /**
   * Already stored with the same content.
   */
  unchanged?: number;
  /**
   * How many were there to delete.
   */
  deleted?: number;
  rejected?: Rejected;
  problem?: string;
}
/**
 * A product card on a shop's page, read on this device.
 */
export interface ListedCard {
  shop: string;
  itemId: string;
  url: string;
  title: string;
  image?: string;
  price?: Price;
  regularPrice?: Price;
}
/**
 * An item that the panel shows, from the page or from the server.
 */
export interface Card {
  shop?: string;
  itemId: string;
  url: string;
  title: string;
  brand?: string;
  categoryPath?: string[];
  attributes?: Attributes;
  image?: string;
  price?: Price;
  regularPrice?: Price;
  availability?: string;
}
/**
 * An item that the shopper saved for later, as it was shown then. It is kept until they remove it.
 */
export interface SavedItem {
  /**
   * Of the record.
   */
  id: string;
  /**
   * ISO 8601
   */
  savedAt: string;
  shop: string;
  card: Card;
}
/**
 * What the shopper chose of a list: filters, an order, and what they look for. It is applied on the device and kept nowhere.
 */
export interface Choice {
  sort?: "fit" | "price_up" | "price_down";
  /**
   * Find by these words instead of by taste.
   */
  words?: string;
  /**
   * The id of an item: find what is like it instead of by taste.
   */
  like?: string;
  priceFrom?: number;
  priceTo?: number;
  inStock?: boolean;
  onSale?: boolean;
  brand?: string;
  category?: string;
  size?: string;
  color?: string;
}
export interface Recommendations {
  /**
   * Best first.
   */
  items: RankedCard[];
  mode: "shelf" | "pack" | "own" | "page";
  basis: "taste" | "first_screen" | "page_order" | "search";
  shop: string;
  /**
   * How many items there are, of which these are the best.
   */
  numFound?: number;
  /**
   * No item has any of the words that were looked for: these are the nearest in meaning.
   */
  isOnlySimilar?: boolean;
  facets?: Facets;
  pack?: PackOrigin;
  screen?: Screen;
  /**
   * Why a better way to rank than this one failed.
   */
  problem?: {
    code: string;
    message: string;
  };
}
/**
 * Whose published catalogue of a shop it is.
 */
export interface PackOrigin {
  shop: string;
  /**
   * Of the list that names it.
   */
  host: string;
  /**
   * The id of the key that signed it; absent: none that was checked.
   */
  signedBy?: string;
  /**
   * Whether that is a key that the shopper trusts.
   */
  isTrusted: boolean;
}
/**
 * A list that the shopper's own server ranked, and that it is told of: only where the shopper wants that.
 */
export interface Screen {
  /**
   * 32 hexadecimal digits at random, of this list alone.
   */
  id: string;
  space: string;
  /**
   * Of the server's experiment, as it named it; absent: none.
   */
  arm?: string;
}
/**
 * An item of a list, and its place there, from 0.
 */
export interface ShownItem {
  card: Card;
  position: number;
}
export interface Settings {
  /**
   * Empty: no server, which is the default.
   */
  serverUrl: string;
  /**
   * The shopper vouches for a server that is not on this machine.
   */
  serverIsMine: boolean;
  /**
   * The fingerprint of the key that the server proved at its pairing; absent or empty: it is not paired, and asked nothing.
   */
  pairedKey?: string;
  mode: "auto" | "page";
  /**
   * The images of what is seen are read once more and compared, too; absent: they are not.
   */
  compareImages?: boolean;
  /**
   * The icon says how many items of the shop in front fit; absent: it does not.
   */
  showsBadge?: boolean;
  /**
   * The shopper's own server is told what is shown, opened and dismissed of its lists; absent: it is not.
   */
  tellsScreens?: boolean;
  paused: boolean;
  /**
   * From shop to the time of consent.
   */
  consents: {
    [k: string]: string;
  };
  /**
   * The bundle last downloaded from the server, so that ranking works while it is away; empty: the packaged one is used.
   */
  serverBundleUrl: string;
  /**
   * Ed25519 public keys as base64, one of which must have signed a server's bundle, and each pack; absent or empty: signatures are not asked for.
   */
  trustedKeys?: string[];
  /**
   * The address of a list of packs (pack-list.schema.json); absent or empty: none.
   */
  packListUrl?: string;
  /**
   * The id of the trusted key that signed the bundle last downloaded.
   */
  signedBy?: string;
  filter?: FilterRules;
}
/**
 * What the shopper changes for themselves in the filter of sensitive products. All three may be absent.
 */
export interface FilterRules {
  /**
   * Shops whose products are kept whatever they are.
   */
  shops?: string[];
  /**
   * Names of categories that are kept.
   */
  categories?: string[];
  /**
   * Words that are never kept, in any shop.
   */
  ownWords?: string[];
}
/**
 * How many things the filter left out, or removed, for one reason.
 */
export interface DroppedCount {
  /**
   * A category's name, own_words, private_path or personal_url.
   */
  reason: string;
  count: number;
}
/**
 * What the filter left out, by count and reason, and what the shopper changes of it. No product and no shop is named.
 */
export interface FilterState {
  dropped: DroppedCount[];
  /**
   * What was kept before, and removed after an update of the rules.
   */
  removed: DroppedCount[];
  /**
   * All categories, by name.
   */
  categories: string[];
  rules: FilterRules;
  /**
   * The allowed shops, whose sensitive products may be allowed, too.
   */
  shops: string[];
}
export interface TabDescription {
  tabId: number;
  /**
   * null where the browser does not let the extension see it.
   */
  url: string | null;
  shop: string | null;
  isIncognito: boolean;
}
/**
 * The encrypted store of the profile.
 */
export interface VaultState {
  isLocked: boolean;
  hasPassphrase: boolean;
  /**
   * Records that were set aside.
   */
  unreadable: number;
  /**
   * Code of what keeps the store from being used, such as store_empty.
   */
  problem?: string;
  /**
   * ISO 8601; there is a backup.
   */
  backupAt?: string;
  /**
   * The backup is another profile's.
   */
  isBackupForeign?: boolean;
}
/**
 * What the extension's own pages show.
 */
export interface State {
  serverUrl: string;
  serverIsMine: boolean;
  pairedKey?: string;
  mode: "auto" | "page";
  compareImages?: boolean;
  showsBadge?: boolean;
  tellsScreens?: boolean;
  paused: boolean;
  trustedKeys?: string[];
  signedBy?: string;
  packListUrl?: string;
  consents: {
    shop: string;
    since: string;
  }[];
  numKnown: number;
  numDismissed: number;
  /**
   * Records of the profile that could not be opened.
   */
  unreadable: number;
  /**
   * The published catalogues on this device, by shop.
   */
  packs: PackOrigin[];
  /**
   * null where the tab shows no shop, or one without consent.
   */
  shelf: ShelfState | null;
  tab:
    | (TabDescription & {
        isConsented: boolean;
        /**
         * null where the tab's page has not been read: no consent, a private window, or not yet.
         */
        reading: PageReading | null;
      })
    | null;
}
/**
 * How far the reading of the catalogue of a tab's shop is.
 */
export interface ShelfState {
  status: "none" | "reading" | "read" | "stopped" | "failed";
  numItems: number;
  total?: number;
  reason?: ShelfReason;
  readAt?: string;
}
/**
 * What came of reading the page that a tab shows, so that the panel can say why something was not learned. It is in memory only.
 */
export interface PageReading {
  verdict?: Verdict;
  /**
   * 0 to 1: how sure it is that the page shows one product, or that it shows none.
   */
  confidence?: number;
  /**
   * Whether the profile holds the product that the page shows.
   */
  isLearned: boolean;
  /**
   * Why it does not: a verdict, unsure, incognito, paused, no_consent, private_path, personal_url, sensitive_NAME, unchanged or unclear.
   */
  reason?: string;
  /**
   * How often the page has shown other products since it was opened: another number means that page mode ranks anew.
   */
  numChanges: number;
}
/**
 * By what two products are told apart that one page shows one after the other.
 */
export interface ShownProduct {
  itemId: string;
  title: string;
  sku?: string;
  image?: string;
  /**
   * Amount and currency, such as 19.90 EUR.
   */
  price?: string;
}
/**
 * What the privacy filter lets into the profile.
 */
export interface KeptProduct {
  shop: string;
  itemId: string;
  url: string;
  title?: string;
  brand?: string;
  description?: string;
  categoryPath?: string[];
  attributes?: Attributes;
  images?: string[];
  price?: Price;
}
/**
 * One interaction in the encrypted profile.
 */
export interface KeptInteraction {
  /**
   * Of the record.
   */
  id: string;
  kind: InteractionKind;
  /**
   * ISO 8601
   */
  time: string;
  /**
   * 1 to 5: how often it happened on that day.
   */
  weight: number;
  /**
   * Of the embedding.
   */
  space: string;
  /**
   * base64 of float32
   */
  embedding: string;
  product: KeptProduct;
}
/**
 * The means of shops, as the shopper's own server gave them.
 */
export interface KeptShopMeans {
  serverUrl: string;
  space: string;
  /**
   * ISO 8601
   */
  fetchedAt: string;
  shops: ShopMean[];
}
/**
 * A shop's own catalogue as it was read from its public feed: how far the reading is, and which encrypted parts hold it.
 */
export interface KeptShelf {
  /**
   * Of the record: random, so that it does not name the shop.
   */
  id: string;
  shop: string;
  /**
   * Where the shop's pages are, such as https://www.shop.example.
   */
  origin: string;
  /**
   * Of the embeddings.
   */
  space: string;
  /**
   * pack: downloaded from somebody who publishes it, whose list is at `origin`.
   */
  kind: "unknown" | "shopify" | "woocommerce" | "sitemap" | "pack";
  status: "reading" | "read" | "stopped" | "failed";
  reason?: ShelfReason;
  /**
   * How often it has been read from the beginning.
   */
  round: number;
  /**
   * ISO 8601, of this round.
   */
  startedAt: string;
  /**
   * ISO 8601, of the end of the last round that came to its end.
   */
  readAt?: string;
  numItems: number;
  /**
   * How many products the shop says it has.
   */
  total?: number;
  /**
   * ISO 4217, of a feed whose prices name none.
   */
  currency?: string;
  /**
   * The feed's next address, empty where none follows.
   */
  next: string;
  parts: {
    id: string;
    numItems: number;
    /**
     * In which it was read last.
     */
    round: number;
    /**
     * Of the feed's answer that it holds.
     */
    url?: string;
    etag?: string;
    /**
     * The address that follows the answer, empty where none does.
     */
    next?: string;
    /**
     * Its items are known by the words of their addresses alone.
     */
    isGuessed?: boolean;
  }[];
  /**
   * The part with the addresses of a sitemap.
   */
  addressesId?: string;
  /**
   * The part with the shop's mean and covariance, of a shelf that was kept before `ready` was.
   */
  momentsId?: string;
  /**
   * The whole catalogue once more, made ready to rank.
   */
  ready?: {
    /**
     * SHA-256 of the parts and the metric that it was made of.
     */
    of: string;
    rankingId: string;
    cardsId: string;
  };
  /**
   * base64 of float32: the shop's mean.
   */
  mean?: string;
  pack?: {
    /**
     * The name of its file.
     */
    manifest: string;
    /**
     * As the manifest says.
     */
    created: string;
    /**
     * The id of the key that signed it; absent: it has no signature, or this browser cannot check one.
     */
    signedBy?: string;
    /**
     * Whether that is a key that the shopper trusts; absent: it is not.
     */
    isTrusted?: boolean;
  };
}
/**
 * The list of packs as it was fetched last.
 */
export interface KeptPackList {
  url: string;
  /**
   * ISO 8601
   */
  fetchedAt: string;
  entries: PackListEntry[];
  /**
   * Packs of the list that were downloaded and not taken.
   */
  refused: {
    manifest: string;
    code: string;
    message: string;
  }[];
}
/**
 * A report of an interest cluster as it was drawn once. The true cluster is not kept.
 */
export interface KeptReport {
  /**
   * SHA-256 of the clusters.
   */
  of: string;
  reported: number;
  /**
   * ISO 8601
   */
  at: string;
}
/**
 * All reports of the last year, oldest first.
 */
export interface KeptReports {
  reports: KeptReport[];
}
/**
 * One answer of a shop, to be read as a part of its catalogue.
 */
export interface ShelfAnswer {
  /**
   * addresses: one a line, whose own words are read.
   */
  kind: "shopify" | "woocommerce" | "page" | "addresses";
  url: string;
  body: string;
  origin: string;
  currency?: string;
  fetchedAt: string;
}
/**
 * How the numbers of an embedding are kept in 8 bits: with one scale for each block; what is outside of the blocks is kept as float32.
 */
export interface ShelfLayout {
  dim: number;
  blocks: ShopMetricBlock[];
}
/**
 * One request that left the device.
 */
export interface LedgerEntry {
  id: string;
  time: string;
  method: string;
  url: string;
  body: string;
  sealed?: SealedRequest;
  purpose?: Purpose;
  /**
   * The shopper removed an item that its address or its body told of, and with it that part.
   */
  isShortened?: boolean;
}
/**
 * How a request through the channel left the device: a POST of so many bytes, which nobody but the server can read.
 */
export interface SealedRequest {
  url: string;
  bytes: number;
  /**
   * Of these bytes, in hexadecimal.
   */
  sha256: string;
}
/**
 * Whether this browser keeps a copy on the paired server for the shopper's other browsers.
 */
export interface SyncState {
  isOn: boolean;
  /**
   * ISO 8601, of the last turn; absent: there was none.
   */
  syncedAt?: string;
}
/**
 * One of the copies that the server keeps.
 */
export interface SyncVersion {
  version: number;
  bytes: number;
  /**
   * ISO 8601
   */
  savedAt: string;
}
/**
 * A request that is about to leave the device. Of a sealed one, method, url and body are what it says inside.
 */
export interface SentRequest {
  method: string;
  url: string;
  body: string;
  sealed?: SealedRequest;
  purpose?: Purpose;
}
/**
 * One item of the profile with all that happened with it.
 */
export interface TasteThing {
  /**
   * Of its interactions' records, the last interaction first.
   */
  ids: string[];
  /**
   * ISO 8601, of each of these interactions.
   */
  times: string[];
  /**
   * Absent, as the address is, for a thing of which a file told only the name.
   */
  shop?: string;
  url?: string;
  title: string;
  brand?: string;
  categoryPath?: string[];
  /**
   * The address of its image, which is not on this device.
   */
  image?: string;
  /**
   * ISO 8601, of the last interaction.
   */
  time: string;
  kinds: InteractionKind[];
  /**
   * Of the taste, 0 to 1.
   */
  share: number;
}
/**
 * An item that the shopper saved for later, with what it counts for the taste.
 */
export interface SavedThing {
  /**
   * Of its SavedItem.
   */
  savedId: string;
  /**
   * Of the wish-list interactions with it.
   */
  ids: string[];
  shop: string;
  url: string;
  title: string;
  /**
   * ISO 8601, when it was saved.
   */
  time: string;
}
/**
 * A shop that the shopper allowed.
 */
export interface KnownShop {
  shop: string;
  /**
   * Of its catalogue on this device; 0 where there is none.
   */
  numItems: number;
}
/**
 * Items of the profile that are alike, with the words that mark their titles.
 */
export interface TasteCluster {
  words: string[];
  brand?: string;
  category?: string;
  share: number;
  things: TasteThing[];
}
/**
 * What the profile knows, for the page that shows it.
 */
export interface Taste {
  /**
   * The greatest share first.
   */
  clusters: TasteCluster[];
  /**
   * Liked, and like nothing else.
   */
  alone: TasteThing[];
  dismissed: TasteThing[];
}
/**
 * What a removal would change.
 */
export interface Effect {
  /**
   * Of the clusters, in the order of Taste.
   */
  shares: {
    before: number;
    after: number;
  }[];
  /**
   * The first ten products of a shop whose catalogue is on this device.
   */
  products?: {
    shop: string;
    before: Card[];
    after: Card[];
  };
}
/**
 * A page of a shop that is open in a tab, as far as the browser lets the extension see it.
 */
export interface OpenPage {
  tabId: number;
  shop: string;
  title: string;
  isConsented: boolean;
}
/**
 * One thing that a file or a page lists, not yet checked.
 */
export interface ImportRow {
  kind: InteractionKind;
  /**
   * Empty where nothing tells it.
   */
  title: string;
  url?: string;
  brand?: string;
  description?: string;
  categoryPath?: string[];
  attributes?: Attributes;
  images?: string[];
  price?: Price;
  /**
   * ISO 8601; absent: now.
   */
  time?: string;
  weight?: number;
  space?: string;
  /**
   * base64 of float32
   */
  embedding?: string;
}
/**
 * One thing that a copy lists as saved for later, not yet checked.
 */
export interface ImportSaved {
  /**
   * ISO 8601; absent: now.
   */
  savedAt?: string;
  card: Card;
}
/**
 * What became of the rows of an import.
 */
export interface ImportReport {
  /**
   * Of the interactions that were added.
   */
  ids: string[];
  /**
   * Of what was added to the things saved for later.
   */
  savedIds: string[];
  refused: {
    reason: ImportRefusal;
    count: number;
  }[];
}
/**
 * What the shopper removed from the profile, while it can be put back. It is in no storage.
 */
export interface Removal {
  /**
   * Of the profile that it was removed from: after an erasure nothing comes back.
   */
  profileId: string;
  interactions: KeptInteraction[];
  /**
   * Entries as they were before they were shortened.
   */
  ledger: LedgerEntry[];
  /**
   * Absent: nothing that was saved for later was removed.
   */
  saved?: SavedItem[];
  forgotten?: ForgottenShop;
}
/**
 * A shop whose consent was withdrawn together with a removal, and the catalogues that went with it.
 */
export interface ForgottenShop {
  shop: string;
  /**
   * ISO 8601, of the consent.
   */
  since: string;
  shelves: KeptShelf[];
  /**
   * Of the shelves, encrypted as they were on the disk.
   */
  parts: {
    id: string;
    /**
     * base64
     */
    envelope: string;
  }[];
}
/**
 * Everything that the profile keeps, readable.
 */
export interface ProfileExport {
  format: 1;
  exportedAt: string;
  settings: Settings;
  interactions: KeptInteraction[];
  ledger: LedgerEntry[];
  shopMeans?: KeptShopMeans;
  saved?: SavedItem[];
  /**
   * Which shops' catalogues were read or downloaded. The catalogues themselves are public, and left out.
   */
  shelves?: KeptShelf[];
  packList?: KeptPackList;
  interestReports?: KeptReports;
}

/** Every message by name: its sender, its receiver, its fields and the reply. */
export interface Messages {
  "page.seen": {
    from: "content";
    to: "background";
    fields: { html: string; url: string; kind: string; before?: ShownProduct; card?: string; isRemoved?: boolean; isSettling?: boolean; isAgain?: boolean; actId?: string; };
    reply: { stored: boolean; reason?: string; product?: ShownProduct; };
  };
  "page.stayed": {
    from: "content";
    to: "background";
    fields: { itemId: string; actId?: string; };
    reply: { stored: boolean; };
  };
  "page.changed": {
    from: "content";
    to: "background";
    fields: { url: string; };
    reply: { };
  };
  "page.extract": {
    from: "background";
    to: "content";
    fields: { };
    reply: { html: string; url: string; hidden: number[]; };
  };
  "page.forget": {
    from: "background";
    to: "content";
    fields: { };
    reply: { };
  };
  "page.image": {
    from: "background";
    to: "content";
    fields: { url: string; mayRequest: boolean; };
    reply: { image: string; };
  };
  "page.read": {
    from: "background";
    to: "towers";
    fields: { html: string; url: string; hidden: number[]; card?: string; };
    reply: { product: Product; confidence: number; listing: ListedCard[]; card?: ListedCard; };
  };
  "state.changed": {
    from: "background" | "ui";
    to: "ui";
    fields: { isErased?: boolean; };
    reply: { };
  };
  "state.get": {
    from: "ui";
    to: "background";
    fields: { tabId?: number; };
    reply: { state: State; };
  };
  "consent.ask": {
    from: "ui";
    to: "background";
    fields: { shop: string; tabId?: number; };
    reply: { };
  };
  "consent.set": {
    from: "ui";
    to: "background";
    fields: { shop: string; allowed: boolean; tabId?: number; actId?: string; };
    reply: { state: State; };
  };
  "pause.set": {
    from: "ui";
    to: "background";
    fields: { paused: boolean; actId?: string; };
    reply: { state: State; };
  };
  "profile.erase": {
    from: "ui";
    to: "background";
    fields: { };
    reply: { state: State; };
  };
  "profile.export": {
    from: "ui";
    to: "background";
    fields: { };
    reply: { profile: ProfileExport; };
  };
  "vault.get": {
    from: "ui";
    to: "background";
    fields: { };
    reply: { vault: VaultState; };
  };
  "vault.unlock": {
    from: "ui";
    to: "background";
    fields: { secret: string; };
    reply: { vault: VaultState; };
  };
  "vault.lock": {
    from: "ui";
    to: "background";
    fields: { };
    reply: { vault: VaultState; };
  };
  "vault.setPassphrase": {
    from: "ui";
    to: "background";
    fields: { passphrase: string; current?: string; };
    reply: { code: string; vault: VaultState; };
  };
  "vault.removePassphrase": {
    from: "ui";
    to: "background";
    fields: { current: string; };
    reply: { vault: VaultState; };
  };
  "vault.recover": {
    from: "ui";
    to: "background";
    fields: { way: string; };
    reply: { vault: VaultState; };
  };
  "settings.set": {
    from: "ui";
    to: "background";
    fields: { serverUrl?: string; serverIsMine?: boolean; mode?: string; compareImages?: boolean; showsBadge?: boolean; tellsScreens?: boolean; trustedKeys?: string[]; packListUrl?: string; actId?: string; };
    reply: { state: State; };
  };
  "pairing.make": {
    from: "ui";
    to: "background";
    fields: { serverUrl: string; serverIsMine: boolean; code: string; };
    reply: { state: State; };
  };
  "sync.get": {
    from: "ui";
    to: "background";
    fields: { };
    reply: { sync: SyncState; };
  };
  "sync.code": {
    from: "ui";
    to: "background";
    fields: { };
    reply: { code: string; };
  };
  "sync.start": {
    from: "ui";
    to: "background";
    fields: { code?: string; };
    reply: { sync: SyncState; };
  };
  "sync.now": {
    from: "ui";
    to: "background";
    fields: { };
    reply: { sync: SyncState; };
  };
  "sync.stop": {
    from: "ui";
    to: "background";
    fields: { deletes: boolean; };
    reply: { sync: SyncState; };
  };
  "sync.versions": {
    from: "ui";
    to: "background";
    fields: { };
    reply: { versions: SyncVersion[]; };
  };
  "sync.restore": {
    from: "ui";
    to: "background";
    fields: { version: number; };
    reply: { sync: SyncState; };
  };
  "recommend": {
    from: "ui";
    to: "background";
    fields: { tabId?: number; choice?: Choice; isFaceted?: boolean; };
    reply: { recommendations: Recommendations; };
  };
  "shelf.read": {
    from: "ui";
    to: "background";
    fields: { tabId?: number; };
    reply: { state: State; };
  };
  "shelf.stop": {
    from: "ui";
    to: "background";
    fields: { tabId?: number; };
    reply: { state: State; };
  };
  "screen.tell": {
    from: "ui";
    to: "background";
    fields: { shop: string; screen: Screen; kind: string; items: ShownItem[]; };
    reply: { isTold: boolean; };
  };
  "item.dismiss": {
    from: "ui";
    to: "background";
    fields: { item: Card; actId?: string; };
    reply: { stored: boolean; reason?: string; };
  };
  "item.undismiss": {
    from: "ui";
    to: "background";
    fields: { item: Card; actId?: string; };
    reply: { };
  };
  "item.save": {
    from: "ui";
    to: "background";
    fields: { item: Card; actId?: string; };
    reply: { isLearned: boolean; };
  };
  "item.unsave": {
    from: "ui";
    to: "background";
    fields: { item: Card; actId?: string; };
    reply: { };
  };
  "items.pick": {
    from: "ui";
    to: "background";
    fields: { items: Card[]; actId?: string; };
    reply: { numLearned: number; };
  };
  "saved.get": {
    from: "ui";
    to: "background";
    fields: { };
    reply: { items: SavedItem[]; };
  };
  "taste.get": {
    from: "ui";
    to: "background";
    fields: { };
    reply: { taste: Taste; saved: SavedThing[]; shops: KnownShop[]; shelves: string[]; };
  };
  "taste.effect": {
    from: "ui";
    to: "background";
    fields: { ids: string[]; shop?: string; forgets?: string; };
    reply: { effect: Effect; };
  };
  "taste.remove": {
    from: "ui";
    to: "background";
    fields: { ids: string[]; saved?: string[]; forgets?: string; actId?: string; };
    reply: { removal: Removal; };
  };
  "taste.restore": {
    from: "ui";
    to: "background";
    fields: { removal: Removal; };
    reply: { isRestored: boolean; isShopBack?: boolean; };
  };
  "taste.showImages": {
    from: "ui";
    to: "background";
    fields: { ids: string[]; };
    reply: { };
  };
  "images.show": {
    from: "ui";
    to: "background";
    fields: { urls: string[]; since: number; };
    reply: { };
  };
  "import.pages": {
    from: "ui";
    to: "background";
    fields: { };
    reply: { pages: OpenPage[]; };
  };
  "import.readFile": {
    from: "ui";
    to: "background";
    fields: { text: string; kind: string; };
    reply: { rows: ImportRow[]; saved: ImportSaved[]; shops: string[]; numLeftOut: number; room: number; };
  };
  "import.readPage": {
    from: "ui";
    to: "background";
    fields: { tabId: number; };
    reply: { cards: ListedCard[]; room: number; };
  };
  "import.add": {
    from: "ui";
    to: "background";
    fields: { rows: ImportRow[]; saved?: ImportSaved[]; isFile: boolean; };
    reply: { report: ImportReport; };
  };
  "filter.get": {
    from: "ui";
    to: "background";
    fields: { };
    reply: { filter: FilterState; };
  };
  "filter.set": {
    from: "ui";
    to: "background";
    fields: { shops?: string[]; categories?: string[]; ownWords?: string[]; actId?: string; };
    reply: { filter: FilterState; };
  };
  "ledger.get": {
    from: "ui";
    to: "background";
    fields: { };
    reply: { entries: LedgerEntry[]; };
  };
  "shelf.readAnswers": {
    from: "background";
    to: "towers";
    fields: { bundleUrl: string; answers: ShelfAnswer[]; itemText: ItemTextRule; layout: ShelfLayout; };
    reply: { items: Card[]; counts: number[]; vectors: string; };
  };
  "towers.embedItems": {
    from: "background";
    to: "towers";
    fields: { bundleUrl: string; texts: string[]; };
    reply: { embeddings: string[]; };
  };
  "towers.embedSeen": {
    from: "background";
    to: "towers";
    fields: { bundleUrl: string; text: string; image: string; };
    reply: { embedding: number[]; };
  };
  "towers.embedUser": {
    from: "background";
    to: "towers";
    fields: { bundleUrl: string; items: number[][]; kinds: number[]; agesDays: number[]; weights: number[]; };
    reply: { embedding: number[]; };
  };
}
