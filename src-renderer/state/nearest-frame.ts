/** The cursor that frames and charts share. */

/** The frame that lies nearest to a place; places grow. */
export function nearestFrame(places: ArrayLike<number>, place: number): number {
  let [low, high] = [0, places.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (places[middle] <= place) low = middle;
    else high = middle;
  }
  return Math.abs(places[high] - place) < Math.abs(places[low] - place) ? high : Math.max(0, low);
}
