/** Branded primitives: a string that has been looked at and found to be what its type says. */
declare const brand: unique symbol

export type Brand<T, Name extends string> = T & { readonly [brand]: Name }
