// SPDX-License-Identifier: Apache-2.0

// A reader of Docket's logs that shares no code with Docket: golang.org/x/mod's sumdb/note and sumdb/tlog.
//
//	reader check DIR VKEY            a directory with checkpoint, tile/... and tile/entries/...
//	reader proof PROOF LEAF VKEY     a tlog-proof file and the entry that it is about
//	reader vectors FILE              a file of packages/tlog/vectors: a JSON object of its verdicts
//	reader cosigned NOTE VKEY        a checkpoint's file and the key of a witness that cosigned it (type 0x04)
//
// It prints one line on success, and a sentence and exit status 1 on failure.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight

	// sampleStep spaces the entries of which a single proof is made and checked, besides the first and the last.
	sampleStep = 97
)

func main() {
	line, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintf(os.Stderr, "go: %v\n", err)
		os.Exit(1)
	}
	fmt.Println(line)
}

func run(args []string) (string, error) {
	switch {
	case len(args) == 3 && args[0] == "check":
		return checkLog(args[1], args[2])
	case len(args) == 4 && args[0] == "proof":
		return checkProof(args[1], args[2], args[3])
	case len(args) == 3 && args[0] == "cosigned":
		return checkCosigned(args[1], args[2])
	case len(args) == 2 && args[0] == "vectors":
		return judgeVectors(args[1])
	}
	return "", errors.New("usage: reader check DIR VKEY | reader proof PROOF LEAF VKEY | reader cosigned NOTE VKEY | reader vectors FILE")
}

// checkLog verifies that the entry bundles of a log are the leaves of the tree that its checkpoint signs.
func checkLog(dir, vkey string) (string, error) {
	msg, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return "", err
	}
	tree, err := openCheckpoint(msg, vkey)
	if err != nil {
		return "", err
	}
	reader := tlog.TileHashReader(tree, tileDir(dir))
	root, err := tlog.TreeHash(tree.N, reader)
	if err != nil {
		return "", fmt.Errorf("the tiles do not make the tree: %w", err)
	}
	if root != tree.Hash {
		return "", fmt.Errorf("the tiles have the root %v, the checkpoint says %v", root, tree.Hash)
	}
	for start := int64(0); start < tree.N; start += tileWidth {
		if err := checkBundle(dir, tree, reader, start); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("go: %d entries, root %v, ok", tree.N, tree.Hash), nil
}

// checkBundle verifies the entries of one bundle against the tiles, and proves some of them.
func checkBundle(dir string, tree tlog.Tree, reader tlog.HashReader, start int64) error {
	width := tree.N - start
	if width > tileWidth {
		width = tileWidth
	}
	tile := tlog.Tile{H: tileHeight, L: 0, N: start / tileWidth, W: int(width)}
	name := strings.Replace(tilePath(tile), "tile/0/", "tile/entries/", 1)
	bundle, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	entries, err := splitBundle(bundle, int(width))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	indexes := make([]int64, width)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(0, start+int64(i))
	}
	hashes, err := reader.ReadHashes(indexes)
	if err != nil {
		return fmt.Errorf("the leaf hashes of %s: %w", name, err)
	}
	for i, entry := range entries {
		n := start + int64(i)
		hash := tlog.RecordHash(entry)
		if hash != hashes[i] {
			return fmt.Errorf("entry %d has the hash %v, its tile says %v", n, hash, hashes[i])
		}
		if n != 0 && n != tree.N-1 && n%sampleStep != 0 {
			continue
		}
		proof, err := tlog.ProveRecord(tree.N, n, reader)
		if err != nil {
			return fmt.Errorf("proving entry %d: %w", n, err)
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, n, hash); err != nil {
			return fmt.Errorf("checking entry %d: %w", n, err)
		}
	}
	return nil
}

// checkProof verifies that a tlog-proof shows a leaf to be in the tree of its own checkpoint.
func checkProof(proofFile, leafFile, vkey string) (string, error) {
	text, err := os.ReadFile(proofFile)
	if err != nil {
		return "", err
	}
	leaf, err := os.ReadFile(leafFile)
	if err != nil {
		return "", err
	}
	i := bytes.Index(text, []byte("\n\n"))
	if i < 0 {
		return "", errors.New("the proof has no blank line")
	}
	lines := strings.Split(string(text[:i]), "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" {
		return "", errors.New("the proof does not begin with c2sp.org/tlog-proof@v1")
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return "", errors.New("the proof has no index")
	}
	n, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "index "), 10, 64)
	if err != nil {
		return "", err
	}
	var proof tlog.RecordProof
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return "", err
		}
		proof = append(proof, hash)
	}
	tree, err := openCheckpoint(text[i+2:], vkey)
	if err != nil {
		return "", err
	}
	if n < 0 || n >= tree.N {
		return "", fmt.Errorf("entry %d is not in a tree of %d", n, tree.N)
	}
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, n, tlog.RecordHash(leaf)); err != nil {
		return "", err
	}
	return fmt.Sprintf("go: entry %d of %d, root %v, ok", n, tree.N, tree.Hash), nil
}

// openCheckpoint verifies a signed checkpoint and reads it.
func openCheckpoint(msg []byte, vkey string) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open(msg, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	// sumdb/tlog reads the body itself where the origin is the one that it knows.
	if strings.HasPrefix(opened.Text, "go.sum database tree\n") {
		return tlog.ParseTree([]byte(opened.Text))
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 {
		return tlog.Tree{}, errors.New("the checkpoint has fewer than three lines")
	}
	if lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("the checkpoint is of %q, the key of %q", lines[0], verifier.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != lines[1] || size < 0 {
		return tlog.Tree{}, fmt.Errorf("the checkpoint has the size %q", lines[1])
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return tlog.Tree{}, fmt.Errorf("the checkpoint has the root %q", lines[2])
	}
	tree := tlog.Tree{N: size}
	copy(tree.Hash[:], root)
	return tree, nil
}

func splitBundle(bundle []byte, count int) ([][]byte, error) {
	var entries [][]byte
	for len(entries) < count {
		if len(bundle) < 2 || len(bundle)-2 < int(binary.BigEndian.Uint16(bundle)) {
			return nil, fmt.Errorf("the bundle ends within entry %d", len(entries))
		}
		end := 2 + int(binary.BigEndian.Uint16(bundle))
		entries = append(entries, bundle[2:end])
		bundle = bundle[end:]
	}
	if len(bundle) > 0 {
		return nil, fmt.Errorf("%d bytes follow the last entry", len(bundle))
	}
	return entries, nil
}

// tileDir reads tiles of hashes from a directory.
type tileDir string

func (dir tileDir) Height() int { return tileHeight }

func (dir tileDir) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(string(dir), filepath.FromSlash(tilePath(tile))))
		if err != nil {
			return nil, err
		}
		if len(data) != tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s has %d bytes", tilePath(tile), len(data))
		}
		all = append(all, data)
	}
	return all, nil
}

func (dir tileDir) SaveTiles([]tlog.Tile, [][]byte) {}

// tilePath is sumdb/tlog's path without the height, which tlog-tiles fixes at 8.
func tilePath(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
}

// cosigner verifies the cosignatures of a witness (C2SP tlog-cosignature, type 0x04), which sumdb/note leaves to its
// callers.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }

func (c cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), msg)
	return ed25519.Verify(c.key, []byte(signed), sig[8:])
}

func newCosigner(vkey string) (cosigner, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return cosigner{}, errors.New("the key has not three parts")
	}
	data, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(data) != 1+ed25519.PublicKeySize || data[0] != 0x04 {
		return cosigner{}, errors.New("the key is not of type 0x04")
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), data...))
	hash := binary.BigEndian.Uint32(sum[:])
	if fmt.Sprintf("%08x", hash) != parts[1] {
		return cosigner{}, fmt.Errorf("the key has the id %s, its bytes give %08x", parts[1], hash)
	}
	return cosigner{name: parts[0], hash: hash, key: data[1:]}, nil
}

// checkCosigned verifies a witness's cosignature on a checkpoint.
func checkCosigned(noteFile, vkey string) (string, error) {
	msg, err := os.ReadFile(noteFile)
	if err != nil {
		return "", err
	}
	verifier, err := newCosigner(vkey)
	if err != nil {
		return "", err
	}
	opened, err := note.Open(msg, note.VerifierList(verifier))
	if err != nil {
		return "", err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(opened.Sigs) != 1 || len(lines) < 4 {
		return "", fmt.Errorf("%d cosignatures on %d lines", len(opened.Sigs), len(lines)-1)
	}
	return fmt.Sprintf("go: %s cosigned size %s of %s, ok", verifier.Name(), lines[1], lines[0]), nil
}
