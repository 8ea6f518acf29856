// @ts-check
import { onnxGraphs as rules } from "../generated/contracts.js";

/**
 * Bounded check of an ONNX file before the runtime opens it: operators, outside data and declared sizes. It mirrors
 * kernel/onnx_graph.py; contracts/vectors/onnx-graphs.json holds the cases of both.
 * @typedef {bigint | Uint8Array} Value of a protobuf field
 * @typedef {object} Seen what is known of a graph
 * @property {Map<string, bigint[]>} shapes constants that may be shapes
 * @property {{operator: string, inputs: string[]}[]} operators
 * @property {Set<string>} weights
 * @property {Map<string, (string | number)[]>} inputs
 * @property {Map<string, (string | number)[]>} outputs
 * @property {boolean} hasFloat16
 * @typedef {import("../generated/contract-types.js").BundleTower} BundleTower
 */

const FLOAT16 = 10n;
const INT64 = 7n;
const MAX_SHAPE_BYTES = 512;
/** @type {Record<string, string[]>} */
const OPERATORS = { ...rules.operators, "ai.onnx": rules.operators[""] };
/** @type {Record<string, string>} */
const ELEMENT_TYPES = rules.elementTypes;
/** @type {Record<string, number>} */
const SHAPE_INPUTS = rules.shapeInputs;

/** The file breaks a rule; the message is the rest of the sentence after the file's name. */
class GraphError extends Error {}

/** @param {Uint8Array} data @param {number} at @returns {[bigint, number]} the number, and where the next field starts */
function varint(data, at) {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    if (at >= data.length) throw new RangeError("truncated");
    const byte = data[at];
    at += 1;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return [value, at];
  }
  throw new RangeError("too long");
}

/** Yield the number and value of each field of a message. @param {Uint8Array} data @returns {Generator<[number, Value]>} */
function* fields(data) {
  let at = 0;
  while (at < data.length) {
    let key, value;
    [key, at] = varint(data, at);
    const number = Number(key >> 3n);
    const wire = Number(key & 7n);
    if (wire === 0) {
      [value, at] = varint(data, at);
      yield [number, value];
      continue;
    }
    let length = wire === 1 ? 8n : 4n;
    if (wire === 2) [length, at] = varint(data, at);
    else if (wire !== 1 && wire !== 5) throw new RangeError("unknown wire type");
    if (BigInt(at) + length > BigInt(data.length)) throw new RangeError("truncated");
    const end = at + Number(length);
    yield [number, data.subarray(at, end)];
    at = end;
  }
}

/** @param {Value} value @returns {Uint8Array} */
function message(value) {
  if (typeof value === "bigint") throw new RangeError("not a message");
  return value;
}

/** @param {Value} value */
const text = (value) => new TextDecoder("utf-8", { fatal: true }).decode(message(value));

/** @param {Value} value @returns {bigint[]} the signed numbers of a repeated field, packed or not */
function varints(value) {
  if (typeof value === "bigint") return [BigInt.asIntN(64, value)];
  const numbers = [];
  for (let at = 0; at < value.length;) {
    let number;
    [number, at] = varint(value, at);
    numbers.push(BigInt.asIntN(64, number));
  }
  return numbers;
}

/** @param {bigint[]} sizes */
const product = (sizes) => sizes.reduce((total, size) => total * size, 1n);

/** @param {Uint8Array} raw @returns {bigint[]} */
function int64s(raw) {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return Array.from({ length: raw.byteLength >> 3 }, (_, i) => view.getBigInt64(i * 8, true));
}

/**
 * @param {Uint8Array} data of a TensorProto @param {Seen} seen
 * @returns {{name: string, shape: bigint[] | null}} the numbers of a small int64 tensor
 */
function readTensor(data, seen) {
  /** @type {bigint[]} */
  const dims = [];
  /** @type {bigint[]} */
  let numbers = [];
  /** @type {Value} */
  let kind = 0n;
  let name = "";
  /** @type {Uint8Array | undefined} */
  let raw;
  for (const [number, value] of fields(data)) {
    if (number === 1) dims.push(...varints(value));
    else if (number === 2) kind = value;
    else if (number === 7 && (typeof value === "bigint" || value.length <= MAX_SHAPE_BYTES)) {
      if (numbers.length <= MAX_SHAPE_BYTES) numbers.push(...varints(value));
    } else if (number === 8) name = text(value);
    else if (number === 9) raw = message(value);
    else if (number === 13 || (number === 14 && value !== 0n))
      throw new GraphError("keeps weights in other files, which a bundle must not");
  }
  // Two numbers a byte is what 4-bit weights need.
  if (dims.some((size) => size < 0n) || product(dims) > 2n * BigInt(data.length))
    throw new GraphError("declares a tensor of more numbers than it holds");
  seen.hasFloat16 ||= kind === FLOAT16;
  if (kind !== INT64 || dims.length > 1) return { name, shape: null };
  if (raw && raw.length <= MAX_SHAPE_BYTES) numbers = int64s(raw);
  return { name, shape: numbers.length > 0 ? numbers : null };
}

/** @param {Uint8Array} data of an AttributeProto @param {Seen} seen @returns {bigint[] | null} of a small tensor or list */
function readAttribute(data, seen) {
  /** @type {bigint[] | null} */
  let shape = null;
  /** @type {bigint[]} */
  const numbers = [];
  for (const [number, value] of fields(data)) {
    if (number === 6 || number === 11) throw new GraphError("holds a graph inside a node, which a bundle must not");
    if (number === 22 || number === 23) throw new GraphError("holds sparse weights, which a bundle must not");
    if (number === 5 || number === 10) ({ shape } = readTensor(message(value), seen));
    else if (number === 8) numbers.push(...varints(value));
  }
  return numbers.length > 0 && numbers.length <= MAX_SHAPE_BYTES ? numbers : shape;
}

/** @param {Uint8Array} data of a NodeProto @param {Seen} seen */
function readNode(data, seen) {
  /** @type {string[]} */
  const inputs = [];
  /** @type {string[]} */
  const outputs = [];
  /** @type {Uint8Array[]} */
  const attributes = [];
  let operator = "";
  let domain = "";
  for (const [number, value] of fields(data)) {
    if (number === 1) inputs.push(text(value));
    else if (number === 2) outputs.push(text(value));
    else if (number === 4) operator = text(value);
    else if (number === 5) attributes.push(message(value));
    else if (number === 7) domain = text(value);
  }
  const allowed = Object.hasOwn(OPERATORS, domain) ? OPERATORS[domain] : [];
  if (!allowed.includes(operator)) {
    const named = domain === "" || domain === "ai.onnx" ? operator : `${domain}.${operator}`;
    throw new GraphError(`uses the operator ${named.slice(0, 80)}, which a bundle must not`);
  }
  seen.operators.push({ operator, inputs });
  if (seen.operators.length > rules.maxNodes) throw new GraphError(`has more than ${rules.maxNodes} nodes`);
  for (const attribute of attributes) {
    const shape = readAttribute(attribute, seen);
    if (operator === "Constant" && shape && outputs.length > 0) seen.shapes.set(outputs[0], shape);
  }
}

/** @param {Uint8Array} data of a dimension @returns {string | number} */
function readSize(data) {
  /** @type {string | number} */
  let size = "";
  for (const [number, value] of fields(data)) {
    if (number === 1) size = Number(varints(value)[0]);
    else if (number === 2) size = text(value);
  }
  return size;
}

/** @param {Uint8Array} data of a ValueInfoProto @returns {[string, (string | number)[]]} its name, and element type and sizes */
function readValue(data) {
  let name = "";
  /** @type {Value[]} */
  let found = [];
  for (const [number, value] of fields(data)) {
    if (number === 1) name = text(value);
    else if (number === 2) found = [...fields(message(value))].filter(([kind]) => kind === 1).map(([, part]) => part);
  }
  if (found.length !== 1) throw new GraphError("has an input or output that is not a tensor, which a bundle must not");
  /** @type {(string | number)[]} */
  const tensor = [""];
  for (const [number, value] of fields(message(found[0]))) {
    if (number === 1) tensor[0] = ELEMENT_TYPES[String(value)] ?? `type ${value}`;
    else if (number === 2)
      for (const [kind, size] of fields(message(value))) if (kind === 1) tensor.push(readSize(message(size)));
  }
  return [name, tensor];
}

/** @param {Uint8Array} data of a GraphProto @param {Seen} seen */
function readGraph(data, seen) {
  for (const [number, value] of fields(data)) {
    if (number === 1) readNode(message(value), seen);
    else if (number === 5) {
      const { name, shape } = readTensor(message(value), seen);
      seen.weights.add(name);
      if (shape) seen.shapes.set(name, shape);
    } else if (number === 11) seen.inputs.set(...readValue(message(value)));
    else if (number === 12) seen.outputs.set(...readValue(message(value)));
    else if (number === 15) throw new GraphError("holds sparse weights, which a bundle must not");
  }
}

/** @param {Uint8Array} data of a ModelProto @returns {Seen} */
function readModel(data) {
  /** @type {Seen} */
  const seen = {
    shapes: new Map(),
    operators: [],
    weights: new Set(),
    inputs: new Map(),
    outputs: new Map(),
    hasFloat16: false,
  };
  let graphs = 0;
  for (const [number, value] of fields(data)) {
    if (number === 7) {
      graphs += 1;
      readGraph(message(value), seen);
    } else if (number === 20) throw new GraphError("holds training information, which a bundle must not");
    else if (number === 25) throw new GraphError("holds functions of its own, which a bundle must not");
  }
  if (graphs !== 1) throw new RangeError("expected one graph");
  return seen;
}

/** Refuse an operator told by a constant to make more numbers than any tower needs. @param {Seen} seen */
function refuseHugeShapes({ operators, shapes }) {
  for (const { operator, inputs } of operators) {
    const sizes = shapes.get(inputs[SHAPE_INPUTS[operator]]) ?? [];
    const numbers = product(sizes.map((size) => (size < 1n ? 1n : size)));
    if (numbers > BigInt(rules.maxNumbersMade))
      throw new GraphError(`lets ${operator} make ${numbers} numbers, expected at most ${rules.maxNumbersMade}`);
  }
}

/** @param {Seen} seen */
function precisionOf({ operators, hasFloat16 }) {
  if (operators.some(({ operator }) => rules.quantised.includes(operator))) return "int8";
  return hasFloat16 ? "float16" : "float32";
}

/** @param {Iterable<[string, (string | number)[]]>} tensors */
const sortedJson = (tensors) =>
  JSON.stringify(Object.fromEntries([...tensors].sort(([a], [b]) => (a < b ? -1 : Number(a > b)))));

/**
 * @param {"inputs" | "outputs"} what
 * @param {Iterable<[string, (string | number)[]]>} found @param {BundleTower["inputs"]} tensors that the manifest declares
 */
function compareTensors(what, found, tensors) {
  const actual = sortedJson(found);
  const declared = sortedJson(tensors.map(({ name, dtype, shape }) => [name, [dtype, ...shape]]));
  if (declared !== actual) throw new GraphError(`has the ${what} ${actual}, the manifest says ${declared}`);
}

/** Refuse a declaration of another precision, or of other inputs or outputs. @param {Seen} seen @param {BundleTower} tower */
function compare(seen, tower) {
  const found = precisionOf(seen);
  if (found !== tower.precision)
    throw new GraphError(`holds a model in ${found}, the manifest says ${tower.precision}`);
  const inputs = [...seen.inputs].filter(([name]) => !seen.weights.has(name));
  compareTensors("inputs", inputs, tower.inputs);
  compareTensors("outputs", seen.outputs, tower.outputs);
}

/**
 * Return why a bundle may not hold this ONNX file, as the rest of a sentence after its name; null where it may.
 * @param {Uint8Array} data @param {BundleTower} tower that the manifest declares
 * @returns {string | null}
 */
export function graphProblem(data, tower) {
  try {
    const seen = readModel(data);
    refuseHugeShapes(seen);
    compare(seen, tower);
    return null;
  } catch (error) {
    if (error instanceof GraphError) return error.message;
    if (error instanceof RangeError || error instanceof TypeError) return "is not an ONNX file";
    throw error;
  }
}
