/** Is it cheaper to list an app's pictures than to look at those of a campaign one by one? Pure. */

/** Of a list of 1,000 names, in looks: what S3 asks for it, and about what it takes. */
const LIST_COST = 12
/** Fewer are looked at before a list has been begun. */
const LEAST_LOOKS = 5_000

export interface ListOrLook {
  /** Pictures that would be looked at. */
  readonly looks: number
  /** Pages of names that the app's pictures fill. */
  readonly pages: number
  /** Of the manifest that tells what the pictures are like. */
  readonly parts: number
}

export const isWorthAsking = (looks: number): boolean => looks >= LEAST_LOOKS

export const isListCheaper = ({ looks, pages, parts }: ListOrLook): boolean =>
  isWorthAsking(looks) && pages * LIST_COST + parts < looks

/**
 * By the first page of them: digests are spread evenly, so what a page covers of them tells how many pages there are.
 * `covered`: where its last one stands among all that there can be, from 0 up to 1; null when it was the only page.
 */
export const pagesBy = (covered: number | null): number => (covered === null ? 1 : Math.ceil(1 / covered))
