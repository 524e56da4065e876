/** Typed arrays that grow: what stands in for a list of numbers where there are millions. */

type Typed = Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>

/** A copy with room for at least `room` elements, half as long again or more. */
export function grown<T extends Typed>(array: T, room: number): T {
  const length = Math.max(room, Math.ceil(array.length * 1.5))
  const larger = (array instanceof Int32Array ? new Int32Array(length) : new Uint8Array(length)) as T
  larger.set(array)
  return larger
}
