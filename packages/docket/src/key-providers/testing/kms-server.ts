// SPDX-License-Identifier: Apache-2.0
// A key service on loopback that speaks AWS KMS: JSON 1.1, Encrypt and Decrypt with an encryption context,
// its errors, and Signature Version 4, which it checks with code of its own (AWS General Reference, "Create
// a signed request"). It can be told to fail, to hang, and to forget.
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Who may ask it. */
export type KmsCredentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
/** How it answers: as it should, with an error of its own, or never. */
export type KmsMood = "well" | "throttled" | "failing" | "hanging" | "denying" | "garbled";

/** The service. */
export type KmsServer = {
  readonly endpoint: string;
  readonly keyArn: string;
  readonly region: string;
  readonly credentials: KmsCredentials;
  /** Requests that came, by action and what was answered. */
  readonly seen: { action: string; status: number }[];
  mood: KmsMood;
  /** After so many answers in its mood it is well again. */
  moodFor: number;
  /** Takes the key away. */
  disable(): void;
  close(): Promise<void>;
};

const region = "eu-central-1";
const skewMsMax = 300_000;

/** Starts the service. */
export async function startKms(): Promise<KmsServer> {
  const key = randomBytes(32);
  const state = { enabled: true, mood: "well" as KmsMood, moodFor: Number.POSITIVE_INFINITY };
  const seen: KmsServer["seen"] = [];
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: randomBytes(20).toString("base64url") };
  const keyArn = `arn:aws:kms:${region}:111122223333:key/5f2e8a6c-0000-4000-8000-000000000001`;
  const server = createServer((request, response) => {
    void readAll(request).then((body) => {
      const action = String(request.headers["x-amz-target"]).replace("TrentService.", "");
      const reply = (status: number, content: object | string): void => {
        seen.push({ action, status });
        send(response, status, content);
      };
      const mood = state.moodFor > 0 ? state.mood : "well";
      state.moodFor -= 1;
      if (mood === "hanging") return;
      if (mood === "throttled") return reply(400, fault("ThrottlingException"));
      if (mood === "failing") return reply(500, fault("KMSInternalException"));
      if (mood === "denying") return reply(400, fault("AccessDeniedException"));
      if (mood === "garbled") return reply(200, "<html>a proxy's page</html>");
      const wrong = signatureFault(request, body, credentials);
      if (wrong !== undefined) return reply(403, fault(wrong));
      if (!state.enabled) return reply(400, fault("DisabledException"));
      return answer(action, JSON.parse(body.toString("utf8")) as KmsBody, { key, keyArn }, reply);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, {
    endpoint: `http://127.0.0.1:${port}`,
    keyArn,
    region,
    credentials,
    seen,
    disable: () => {
      state.enabled = false;
    },
    close: () => closed(server),
  });
}

type KmsBody = {
  KeyId?: string;
  Plaintext?: string;
  CiphertextBlob?: string;
  EncryptionContext?: Record<string, string>;
};

function answer(
  action: string,
  body: KmsBody,
  { key, keyArn }: { key: Buffer; keyArn: string },
  reply: (status: number, content: object) => void,
): void {
  if (body.KeyId !== undefined && body.KeyId !== keyArn) return reply(400, fault("NotFoundException"));
  const context = Buffer.from(
    JSON.stringify(Object.entries(body.EncryptionContext ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))),
  );
  if (action === "Encrypt") {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(context);
    const sealed = Buffer.concat([cipher.update(body.Plaintext ?? "", "base64"), cipher.final()]);
    const blob = Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
    return reply(200, {
      CiphertextBlob: blob.toString("base64"),
      KeyId: keyArn,
      EncryptionAlgorithm: "SYMMETRIC_DEFAULT",
    });
  }
  if (action !== "Decrypt") return reply(400, fault("UnknownOperationException"));
  const blob = Buffer.from(body.CiphertextBlob ?? "", "base64");
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, blob.subarray(0, 12)).setAAD(context);
    decipher.setAuthTag(blob.subarray(12, 28));
    const plain = Buffer.concat([decipher.update(blob.subarray(28)), decipher.final()]);
    return reply(200, {
      Plaintext: plain.toString("base64"),
      KeyId: keyArn,
      EncryptionAlgorithm: "SYMMETRIC_DEFAULT",
    });
  } catch {
    return reply(400, fault("InvalidCiphertextException"));
  }
}

/** The error that a request's signature earns; `undefined` if it is right. */
function signatureFault(
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  { accessKeyId, secretAccessKey }: KmsCredentials,
): string | undefined {
  const form = /^AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/;
  const [, credential, names, signature] = form.exec(headers.authorization ?? "") ?? [];
  if (credential === undefined || names === undefined) return "MissingAuthenticationTokenException";
  const [id, day, place, service, end] = credential.split("/");
  const at = String(headers["x-amz-date"]);
  if (id !== accessKeyId) return "UnrecognizedClientException";
  if (place !== region || service !== "kms" || end !== "aws4_request" || !at.startsWith(day ?? "-")) {
    return "InvalidSignatureException";
  }
  const iso = at.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z");
  if (!(Math.abs(Date.parse(iso) - Date.now()) <= skewMsMax)) return "InvalidSignatureException";
  const signed = names.split(";");
  // What decides what is asked must be covered by the signature.
  if (!["host", "x-amz-date", "x-amz-target"].every((name) => signed.includes(name))) {
    return "InvalidSignatureException";
  }
  const lines = signed.map((name) => `${name}:${String(headers[name]).trim()}\n`).join("");
  const canonical = [method, url, "", lines, names, sha256(body)].join("\n");
  const scope = `${day}/${place}/${service}/${end}`;
  const text = ["AWS4-HMAC-SHA256", at, scope, sha256(Buffer.from(canonical))].join("\n");
  const keys = [day ?? "", place, "kms", "aws4_request"];
  const first: Buffer = Buffer.from(`AWS4${secretAccessKey}`);
  const signing = keys.reduce<Buffer>((key, each) => hmac(key, each), first);
  return hmac(signing, text).toString("hex") === signature ? undefined : "InvalidSignatureException";
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function fault(type: string): object {
  return { __type: `com.amazonaws.kms#${type}`, message: "whatever the service says" };
}

function send(response: ServerResponse, status: number, content: object | string): void {
  response.writeHead(status, { "content-type": "application/x-amz-json-1.1" });
  response.end(typeof content === "string" ? content : JSON.stringify(content));
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
