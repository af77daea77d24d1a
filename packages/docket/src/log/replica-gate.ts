// SPDX-License-Identifier: Apache-2.0
// What stands between a batch that is durable here and whoever is told of it: with `ack: sync` it waits until
// a replica holds it, too. The sequencer goes on with the next batch meanwhile; only telling waits, in the
// log's order, and so does publishing: what anyone outside has seen, a replica holds.
import type { MessagePort } from "node:worker_threads";

/** To a replica's thread: so many records are durable here, and this checkpoint covers them. */
export type DurableNews = { size: number; checkpoint: Uint8Array };
/** From a replica's thread: the replica holds so many records, durable and proven. */
export type HeldNews = { held: number };

/** How a log is copied while it is written: a port for each replica's thread. */
export type ReplicationPorts = {
  ports: readonly MessagePort[];
  /** How many replicas must hold a record before anybody is told of it; 0 waits for none. */
  needed: number;
};

type Waiting = { size: number; run: () => void };

/** Lets things happen in their order, each when enough replicas hold what it needs. */
export class ReplicaGate {
  readonly #ports: readonly MessagePort[];
  readonly #needed: number;
  readonly #held: number[];
  #waiting: Waiting[] = [];
  #onEmpty: (() => void) | undefined;

  constructor({ ports, needed }: ReplicationPorts = { ports: [], needed: 0 }) {
    this.#ports = ports;
    this.#needed = Math.min(needed, ports.length);
    this.#held = ports.map(() => 0);
    for (const [place, port] of ports.entries()) {
      port.on("message", ({ held }: HeldNews) => this.#heard(place, held));
    }
  }

  /** Tells the replicas' threads what is durable here; small messages, which they read whatever they do. */
  announce(news: DurableNews): void {
    for (const port of this.#ports) port.postMessage(news);
  }

  /** Runs something after all that was given before it, when enough replicas hold `size` records. */
  pass(size: number, run: () => void): void {
    if (this.#waiting.length === 0 && this.#enoughHold(size)) run();
    else this.#waiting.push({ size, run });
  }

  /** Resolves when nothing waits, at the latest after that long, in ms. */
  async drained(withinMs: number): Promise<void> {
    if (this.#waiting.length === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Forgets what waits, and lets the ports go. */
  close(): void {
    this.#waiting = [];
    for (const port of this.#ports) port.close();
  }

  #heard(place: number, held: number): void {
    this.#held[place] = held;
    while (this.#waiting[0] !== undefined && this.#enoughHold(this.#waiting[0].size)) {
      (this.#waiting.shift() as Waiting).run();
    }
    if (this.#waiting.length === 0) this.#onEmpty?.();
  }

  #enoughHold(size: number): boolean {
    return this.#needed === 0 || this.#held.filter((held) => held >= size).length >= this.#needed;
  }
}
