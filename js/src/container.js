// The file: a header of JSON and arrays end to end (safetensors), checked before it is believed.

const TYPES = {
  U8: Uint8Array, I8: Int8Array, BOOL: Uint8Array, U16: Uint16Array, I16: Int16Array,
  F16: Uint16Array, U32: Uint32Array, I32: Int32Array, F32: Float32Array, F64: Float64Array,
  U64: BigUint64Array, I64: BigInt64Array,
};
const MAX_HEADER_BYTES = 2 ** 24;

const isSize = (value) => Number.isSafeInteger(value) && value >= 0;
const areSizes = (values, most) =>
  Array.isArray(values) && values.length <= most && values.every(isSize);

/** Return the arrays of a file, as views into it where they are aligned, and its metadata. */
export function readContainer(buffer) {
  const bytes = asBytes(buffer);
  if (new Uint8Array(new Uint16Array([1]).buffer)[0] !== 1) {
    throw new Error("this machine's numbers are big-endian, the file's are little-endian");
  }
  const { header, start } = readHeader(bytes);
  const { __metadata__: metadata = {}, ...entries } = header;
  if (!isObject(metadata) || Object.values(metadata).some((text) => typeof text !== "string")) {
    throw new Error("the metadata must map text to text");
  }
  const arrays = new Map();
  let position = 0;
  const inOrder = Object.entries(entries).map(([name, entry]) => checkEntry(name, entry));
  inOrder.sort((a, b) => a.begin - b.begin || a.end - b.end);
  for (const { name, type, shape, begin, end } of inOrder) {
    if (begin !== position) {
      throw new Error(`array '${name}' starts at byte ${begin}, expected ${position}`);
    }
    position = end;
    if (start + end > bytes.length) break;
    arrays.set(name, { values: view(bytes, type, start + begin, start + end), shape, type });
  }
  if (start + position !== bytes.length) {
    throw new Error(
      `the arrays take ${position} bytes, but ${bytes.length - start} follow the header: ` +
        "truncated, or something was appended",
    );
  }
  return { arrays, metadata };
}

function asBytes(buffer) {
  if (ArrayBuffer.isView(buffer)) {
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  }
  if (buffer instanceof ArrayBuffer || buffer?.constructor?.name === "SharedArrayBuffer") {
    return new Uint8Array(buffer);
  }
  throw new TypeError(
    "open takes the bytes of a file, an ArrayBuffer or a Uint8Array: " +
      "await (await fetch(url)).arrayBuffer(), or readFileSync(path) in Node",
  );
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

function readHeader(bytes) {
  if (bytes.length < 8) {
    throw new Error(`${bytes.length} bytes are too few for a safetensors file: truncated?`);
  }
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > Math.min(bytes.length - 8, MAX_HEADER_BYTES)) {
    throw new Error(
      `the header claims ${length} bytes, but the file has ${bytes.length - 8} after it ` +
        `(and ${MAX_HEADER_BYTES} are the most): truncated, or no vocabulary that iiq saved`,
    );
  }
  let header;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.slice(8, 8 + length));
    header = JSON.parse(text);
  } catch (error) {
    throw new Error(`the header is no readable JSON: ${error.message}`);
  }
  if (!isObject(header)) throw new Error("the header is no JSON object");
  return { header, start: 8 + length };
}

function checkEntry(name, entry) {
  const { dtype, shape, data_offsets: offsets } = isObject(entry) ? entry : {};
  if (!Object.hasOwn(TYPES, dtype ?? "")) {
    throw new Error(`array '${name}' is of the unknown type ${JSON.stringify(dtype)}`);
  }
  if (!areSizes(shape, 8) || !areSizes(offsets, 2) || offsets.length !== 2) {
    throw new Error(`array '${name}': shape and data_offsets must be short lists of sizes`);
  }
  const needed = shape.reduce((product, size) => product * size, TYPES[dtype].BYTES_PER_ELEMENT);
  const [begin, end] = offsets;
  if (end - begin !== needed) {
    throw new Error(
      `array '${name}' of shape [${shape}] needs ${needed} bytes, ` +
        `but has the offsets ${begin} to ${end}`,
    );
  }
  return { name, type: dtype, shape, begin, end };
}

function view(bytes, type, begin, end) {
  const Type = TYPES[type];
  const count = (end - begin) / Type.BYTES_PER_ELEMENT;
  const at = bytes.byteOffset + begin;
  return at % Type.BYTES_PER_ELEMENT === 0
    ? new Type(bytes.buffer, at, count)
    : new Type(bytes.slice(begin, end).buffer, 0, count);
}

/** Return the numbers of an array of a type and shape, or say what it should be. */
export function need(arrays, name, types, shape) {
  const array = arrays.get(name);
  if (array === undefined) throw new Error(`arrays are missing: ${name}`);
  const fits =
    array.shape.length === shape.length &&
    shape.every((size, i) => size === null || size === array.shape[i]);
  if (!types.includes(array.type) || !fits) {
    const wanted = shape.map((size) => size ?? "any").join(", ");
    throw new Error(
      `${name} must be ${types.join(" or ")} [${wanted}], got ${array.type} [${array.shape}]`,
    );
  }
  return array.values;
}
