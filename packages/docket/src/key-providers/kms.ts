// SPDX-License-Identifier: Apache-2.0
// Keys under a key of AWS KMS, or of what speaks its protocol: JSON 1.1 over HTTPS, signed by Signature
// Version 4. The key never leaves the service; the log's name is bound to what is wrapped.
import { DocketError } from "../error.ts";
import type { KmsConfig } from "./config.ts";
import type { KeyProvider, ProviderOptions, ProviderPorts } from "./contract.ts";

/** How often it is asked at most. */
const triesMax = 4;
/** How long is waited before it is asked again, in ms, twice as long each time. */
const firstPauseMs = 200;
const answerBytesMax = 65_536;

/** Errors that may be gone soon (AWS KMS API reference, common errors of Encrypt and Decrypt). */
const passing: ReadonlySet<string> = new Set([
  "KMSInternalException",
  "DependencyTimeoutException",
  "ThrottlingException",
  "LimitExceededException",
  "ServiceUnavailable",
  "InternalFailure",
  "KeyUnavailableException",
]);

/** Protects keys by AWS KMS. */
export function kmsProvider(config: KmsConfig, options: ProviderOptions): KeyProvider {
  const context = { EncryptionContext: { "docket:log": options.origin }, KeyId: config.key };
  return {
    name: "kms",
    place: `${config.key} at ${new URL(config.endpoint).host}`,
    async wrap(secret) {
      const plaintext = Buffer.from(secret).toString("base64");
      const answer = await ask(config, options, "Encrypt", { ...context, Plaintext: plaintext });
      return bytesOf(answer, "CiphertextBlob");
    },
    async unwrap(wrapped) {
      const blob = Buffer.from(wrapped).toString("base64");
      return bytesOf(
        await ask(config, options, "Decrypt", { ...context, CiphertextBlob: blob }),
        "Plaintext",
      );
    },
  };
}

type Answer = Readonly<Record<string, unknown>>;

async function ask(
  config: KmsConfig,
  { ports, timeoutMs }: ProviderOptions,
  action: "Encrypt" | "Decrypt",
  body: Answer,
): Promise<Answer> {
  const untilMs = ports.clock() + timeoutMs;
  let fault = "no answer";
  for (let tried = 0; tried < triesMax; tried++) {
    const leftMs = untilMs - ports.clock();
    if (leftMs <= 0) break;
    const answer = await askOnce(config, ports, action, body, leftMs);
    if ("value" in answer) return answer.value;
    if (answer.final) {
      throw new DocketError("keys_locked", `KMS refuses ${action} with ${config.key}: ${answer.fault}`);
    }
    ({ fault } = answer);
    await ports.wait(Math.min(firstPauseMs * 2 ** tried, Math.max(0, untilMs - ports.clock())));
  }
  const { host } = new URL(config.endpoint);
  throw new DocketError("key_service_unavailable", `KMS at ${host} did not ${action} in time: ${fault}`);
}

async function askOnce(
  config: KmsConfig,
  ports: ProviderPorts,
  action: string,
  body: Answer,
  leftMs: number,
): Promise<{ value: Answer } | { fault: string; final: boolean }> {
  const request = await signed(config, ports, action, JSON.stringify(body));
  let response: Response;
  let text: string;
  try {
    const signal = AbortSignal.timeout(Math.max(1, Math.ceil(leftMs)));
    response = await ports.fetch(config.endpoint, { ...request, redirect: "error", signal });
    text = await response.text();
  } catch (error) {
    return { fault: faultOf(error), final: false };
  }
  const value = text.length > answerBytesMax ? undefined : parsed(text);
  if (response.status === 200 && value !== undefined) return { value };
  // `__type` is a name of the service's own, with or without its name space; the message may hold anything.
  const type = /[A-Za-z]{1,80}$/.exec(typeof value?.["__type"] === "string" ? value["__type"] : "")?.[0];
  // A page of a proxy in between is no answer of the service.
  const isAnswer = value !== undefined && response.status < 500 && response.status !== 429;
  const isPassing = !isAnswer || passing.has(type ?? "");
  return { fault: type ?? `status ${response.status}`, final: !isPassing };
}

async function signed(
  { endpoint, region }: KmsConfig,
  { env, clock }: ProviderPorts,
  action: string,
  body: string,
): Promise<RequestInit> {
  const [accessKeyId, secretAccessKey] = [env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"]];
  if (!accessKeyId || !secretAccessKey) {
    const names = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN)";
    throw new DocketError("keys_locked", `credentials for KMS are wanted in the environment, in ${names}`);
  }
  const sessionToken = env["AWS_SESSION_TOKEN"];
  const { AwsV4Signer } = await import("aws4fetch");
  const signer = new AwsV4Signer({
    method: "POST",
    url: endpoint,
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `TrentService.${action}` },
    body,
    accessKeyId,
    secretAccessKey,
    ...(sessionToken ? { sessionToken } : {}),
    service: "kms",
    region,
    datetime: new Date(clock()).toISOString().replace(/[:-]|\.\d{3}/g, ""),
    // The host is signed by its own header; these are what the request is about.
    allHeaders: true,
  });
  const { method, headers } = await signer.sign();
  return { method, headers, body };
}

function bytesOf(answer: Answer, name: string): Uint8Array {
  const value = answer[name];
  const bytes = Buffer.from(typeof value === "string" ? value : "", "base64");
  if (bytes.length === 0) throw new DocketError("key_service_unavailable", `KMS answered without ${name}`);
  return bytes;
}

function parsed(text: string): Answer | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === "object" && value !== null ? (value as Answer) : undefined;
  } catch {
    return undefined;
  }
}

function faultOf(error: unknown): string {
  const { name, cause } = error as Error & { cause?: NodeJS.ErrnoException };
  return name === "TimeoutError" ? "it takes too long" : (cause?.code ?? "the connection failed");
}
