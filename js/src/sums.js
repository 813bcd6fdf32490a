// Sums of float64 in the order in which NumPy adds them, so that scores are Python's to the last bit.

/** Return the sum of values[begin .. end): pairwise, eight at a time (NumPy's add.reduce). */
export function sum(values, begin = 0, end = values.length) {
  const n = end - begin;
  if (n < 8) {
    let total = 0;
    for (let i = begin; i < end; i++) total += values[i];
    return total;
  }
  if (n > 128) {
    const half = begin + (n >> 1) - ((n >> 1) % 8);
    return sum(values, begin, half) + sum(values, half, end);
  }
  let [a, b, c, d, e, f, g, h] = values.subarray(begin, begin + 8);
  const whole = end - (n % 8);
  for (let i = begin + 8; i < whole; i += 8) {
    a += values[i];
    b += values[i + 1];
    c += values[i + 2];
    d += values[i + 3];
    e += values[i + 4];
    f += values[i + 5];
    g += values[i + 6];
    h += values[i + 7];
  }
  let total = a + b + (c + d) + (e + f + (g + h));
  for (let i = whole; i < end; i++) total += values[i];
  return total;
}

/** Return the dot product of two vectors. */
export function dot(one, two) {
  return sum(one.map((x, i) => x * two[i]));
}

/** Return the cosine of two vectors; 0 where either is all zeros. */
export function cosine(one, two, squareOfTwo = dot(two, two)) {
  const product = dot(one, one) * squareOfTwo;
  return product > 0 ? dot(one, two) / Math.sqrt(product) : 0;
}

/** Return a vector scaled to length 1; zeros stay zeros. */
export function unit(vector) {
  const length = Math.sqrt(dot(vector, vector));
  return length > 0 ? vector.map((x) => x / length) : vector;
}
