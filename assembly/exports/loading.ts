// A load in progress.

/**
 * Between loadFlags() and finishLoad() the free pages of the pageblocks loaded are on no list.
 * Until then everything that needs the lists answers -EINVAL.
 */
export let loading: bool = false;

export function setLoading(value: bool): void {
  loading = value;
}
