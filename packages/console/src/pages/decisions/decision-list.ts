// SPDX-License-Identifier: Apache-2.0
// A list of decisions that is read page by page while somebody scrolls. It knows where each page begins, and
// holds the rows of those near what is looked at: pages that were left behind are asked for again when
// somebody comes back, so that a list of a million rows takes no more memory than one of some thousands.

/** A decision as GET /v1/decisions lists it. */
export type ListedDecision = {
  readonly index: number;
  readonly at: string;
  readonly actor: string;
  readonly outcome: string;
  readonly rules: readonly string[];
  readonly type: string;
  readonly op: string;
  readonly late: boolean;
  readonly lists: readonly string[];
  readonly campaign: string | null;
  readonly label: string | null;
};
/** A page of them. */
export type DecisionsPage = {
  readonly decisions: readonly ListedDecision[];
  readonly older: number | null;
  readonly newer: number;
  readonly partial: boolean;
};
/** Asks for the page before a record; without one, for the newest. */
export type LoadPage = (before: number | undefined, signal: AbortSignal) => Promise<DecisionsPage>;

/** How a list stands. */
export type ListState = {
  /** Rows that are known to be there, held or not. */
  readonly length: number;
  /** The oldest is there. */
  readonly isWhole: boolean;
  readonly isLoading: boolean;
  readonly error: Error | undefined;
  /** What to ask after for what came since; -1 before the first page. */
  readonly newer: number;
  /** Texts were looked through back to this record, and are still being read. */
  readonly lookedTo: number | undefined;
};

/** Rows ahead of what is looked at that are asked for. */
const rowsAhead = 600;
/** Rows that are held. */
const rowsHeldMax = 30_000;

type Page = { readonly before: number | undefined; readonly first: number; readonly count: number };

/** A list of decisions. */
export class DecisionList {
  readonly #load: LoadPage;
  readonly #pages: Page[] = [];
  readonly #rows = new Map<Page, readonly ListedDecision[]>();
  readonly #listeners = new Set<() => void>();
  readonly #closing = new AbortController();
  #next: number | undefined | null;
  #wanted: readonly [first: number, last: number] = [0, 0];
  #state: ListState = {
    length: 0,
    isWhole: false,
    isLoading: false,
    error: undefined,
    newer: -1,
    lookedTo: undefined,
  };

  constructor(load: LoadPage) {
    this.#load = load;
  }

  /** How it stands; the same object until something changes. */
  readonly state = (): ListState => this.#state;

  /** Tells of each change; the result ends that. Once nobody is told, nothing is asked for any more. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      // Whoever comes in the same turn is the same page, shown anew.
      queueMicrotask(() => {
        if (this.#listeners.size === 0) this.#closing.abort();
      });
    };
  };

  /** A row, if it is held. */
  row(at: number): ListedDecision | undefined {
    const page = this.#pageOf(at);
    return page && this.#rows.get(page)?.[at - page.first];
  }

  /** Has these rows asked for, and some that follow them. */
  want(first: number, last: number): void {
    this.#wanted = [Math.max(0, first), last];
    void this.#fetch();
  }

  /** Asks again after an error. */
  retry(): void {
    this.#set({ error: undefined });
    void this.#fetch();
  }

  async #fetch(): Promise<void> {
    if (this.#state.isLoading || !this.#needsMore()) return;
    this.#set({ isLoading: true });
    try {
      for (;;) {
        if (this.#closing.signal.aborted || this.#state.error !== undefined) return;
        const lost = this.#lost();
        if (lost !== undefined) await this.#reload(lost);
        else if (this.#next !== null && this.#isShort()) await this.#extend(this.#next);
        else return;
      }
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#set({ error: error as Error });
    } finally {
      this.#set({ isLoading: false });
    }
  }

  // Scrolling tells of itself at every turn; most of it needs nothing.
  #needsMore(): boolean {
    return (this.#next !== null && this.#isShort()) || this.#lost() !== undefined;
  }

  #isShort(): boolean {
    return this.#state.length <= this.#wanted[1] + rowsAhead;
  }

  async #extend(before: number | undefined): Promise<void> {
    const { decisions, older, newer, partial } = await this.#load(before, this.#closing.signal);
    const first = this.#state.length;
    // What comes later doesn't move what is there: the newest page has its bound, too.
    const page: Page = { before: before ?? newer + 1, first, count: decisions.length };
    if (page.count > 0) {
      this.#pages.push(page);
      this.#rows.set(page, decisions);
      this.#shrink();
    }
    this.#next = older;
    this.#set({
      length: first + page.count,
      isWhole: older === null,
      newer: before === undefined ? newer : this.#state.newer,
      lookedTo: partial && older !== null ? older : undefined,
    });
  }

  async #reload(page: Page): Promise<void> {
    const { decisions } = await this.#load(page.before, this.#closing.signal);
    this.#rows.set(page, decisions.slice(0, page.count));
    this.#shrink();
    this.#set({});
  }

  /** A page of what is wanted whose rows are not held. */
  #lost(): Page | undefined {
    const [first, last] = this.#wanted;
    for (let at = first; at <= last && at < this.#state.length;) {
      const page = this.#pageOf(at);
      if (page === undefined) return undefined;
      if (!this.#rows.has(page)) return page;
      at = page.first + page.count;
    }
    return undefined;
  }

  // Those farthest from what is wanted go.
  #shrink(): void {
    let held = 0;
    for (const page of this.#rows.keys()) held += page.count;
    const middle = (this.#wanted[0] + this.#wanted[1]) / 2;
    const far = (page: Page): number => Math.abs(page.first + page.count / 2 - middle);
    while (held > rowsHeldMax) {
      const farthest = [...this.#rows.keys()].reduce((one, other) => (far(other) > far(one) ? other : one));
      this.#rows.delete(farthest);
      held -= farthest.count;
    }
  }

  #pageOf(at: number): Page | undefined {
    let low = 0;
    let high = this.#pages.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const page = this.#pages[middle] as Page;
      if (page.first + page.count <= at) low = middle + 1;
      else high = middle;
    }
    const page = this.#pages[low];
    return page !== undefined && at >= page.first ? page : undefined;
  }

  #set(change: Partial<ListState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}
