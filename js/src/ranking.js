// The first of many: by distance and row, or by a heap of scores.

/** The k largest of the numbers that were added, the least of them on top of a heap. */
export class Largest {
  constructor(k) {
    this.heap = new Float64Array(k).fill(-Infinity);
  }

  /** Add a number; return the k-th largest so far. */
  add(number) {
    const { heap } = this;
    if (number <= heap[0]) return heap[0];
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && heap[child + 1] < heap[child]) child++;
      if (heap[child] >= number) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = number;
    return heap[0];
  }
}

/** The k smallest distances, equal ones by row. */
export function lowest(distances, k, most) {
  const limit = kthSmallest(distances, k, most);
  return chosen(distances, (distance) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || a.row - b.row)
    .slice(0, k);
}

/** The k largest distances, equal ones by row from the last. */
export function highest(distances, k, most) {
  const limit = kthSmallest(distances, distances.length - k + 1, most);
  return chosen(distances, (distance) => distance >= limit)
    .sort((a, b) => b.distance - a.distance || b.row - a.row)
    .slice(0, k);
}

function chosen(distances, isWanted) {
  const found = [];
  for (let row = 0; row < distances.length; row++) {
    if (isWanted(distances[row])) found.push({ row, distance: distances[row] });
  }
  return found;
}

/** The k-th of the distances in order, by counting: none is above `most`. */
function kthSmallest(distances, k, most) {
  const counts = new Uint32Array(most + 1);
  for (let row = 0; row < distances.length; row++) counts[distances[row]]++;
  let distance = 0;
  for (let left = k - counts[0]; left > 0; left -= counts[distance]) distance++;
  return distance;
}
