// How much one client, and all of them together, may ask of one protocol. Everything here is
// bounded: an address that is not remembered any more simply starts afresh.
import { LRUCache } from "lru-cache";

/** Addresses whose request rate is remembered. */
const CLIENTS_MAX = 10_000;

/** 0 means no limit. */
export interface Limits {
  readonly transfersMax: number;
  readonly transfersPerClientMax: number;
  readonly requestsPerSecondPerClientMax: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** Counts transfers and meters requests; 0 in a limit means none. */
export class Admission {
  readonly #buckets = new LRUCache<string, Bucket>({ max: CLIENTS_MAX });
  readonly #transfers = new Map<string, number>();
  #total = 0;

  get transfers(): number {
    return this.#total;
  }

  /** Takes one request off the client's allowance of this second; false when it is used up. */
  request(client: string, perSecondMax: number, now: number): boolean {
    if (perSecondMax === 0) return true;
    let bucket = this.#buckets.get(client);
    if (bucket === undefined) {
      bucket = { tokens: perSecondMax, at: now };
      this.#buckets.set(client, bucket);
    }
    const earned = ((now - bucket.at) / 1000) * perSecondMax;
    bucket.tokens = Math.min(perSecondMax, bucket.tokens + earned);
    bucket.at = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  /** Whether one more transfer of this client is within the limits; "" or the limit's name. */
  refuses(client: string, limits: Limits): "" | "transfers-max" | "transfers-max-per-client" {
    const { transfersMax, transfersPerClientMax } = limits;
    if (transfersMax > 0 && this.#total >= transfersMax) return "transfers-max";
    const own = this.#transfers.get(client) ?? 0;
    if (transfersPerClientMax > 0 && own >= transfersPerClientMax) {
      return "transfers-max-per-client";
    }
    return "";
  }

  started(client: string) {
    this.#total++;
    this.#transfers.set(client, (this.#transfers.get(client) ?? 0) + 1);
  }

  ended(client: string) {
    this.#total--;
    const left = (this.#transfers.get(client) ?? 1) - 1;
    if (left <= 0) this.#transfers.delete(client);
    else this.#transfers.set(client, left);
  }
}
