// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// vectorFile is a file of packages/tlog/vectors, as far as x/mod can judge it. Members that a case does not have
// stay empty.
type vectorFile struct {
	File string `json:"file"`
	Keys map[string]struct {
		VKey string `json:"vkey"`
	} `json:"keys"`
	Cases []vectorCase `json:"cases"`
}

type vectorCase struct {
	Name       string   `json:"name"`
	Kind       string   `json:"kind"`
	Note       string   `json:"note"`
	NoteBase64 string   `json:"noteBase64"`
	Verifiers  []string `json:"verifiers"`
	VKeys      []string `json:"vkeys"`
	Text       string   `json:"text"`
	Key        string   `json:"key"`
	Entry      string   `json:"entry"`
	Hash       string   `json:"hash"`
	Index      string   `json:"index"`
	Size       any      `json:"size"`
	Leaf       string   `json:"leaf"`
	Root       string   `json:"root"`
	First      string   `json:"first"`
	Second     string   `json:"second"`
	FirstRoot  string   `json:"firstRoot"`
	SecondRoot string   `json:"secondRoot"`
	Proof      any      `json:"proof"`
}

// judgeVectors says of each case of a file, by its name, whether x/mod accepts it: "accept", or "refuse" and why.
func judgeVectors(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	var file vectorFile
	if err := json.Unmarshal(data, &file); err != nil {
		return "", err
	}
	judge, ok := map[string]func(vectorFile, vectorCase) error{
		"keys":        judgeKey,
		"notes":       judgeNote,
		"trees":       judgeTree,
		"inclusion":   judgeInclusion,
		"consistency": judgeConsistency,
	}[file.File]
	if !ok {
		return "", fmt.Errorf("x/mod has nothing to say of %q", file.File)
	}
	verdicts := make(map[string]string, len(file.Cases))
	for _, item := range file.Cases {
		verdicts[item.Name] = "accept"
		if err := judgeSafely(judge, file, item); err != nil {
			verdicts[item.Name] = "refuse: " + err.Error()
		}
	}
	line, err := json.Marshal(verdicts)
	return string(line), err
}

// judgeSafely takes a panic for a refusal: sumdb/tlog panics over sizes that its callers must not pass.
func judgeSafely(judge func(vectorFile, vectorCase) error, file vectorFile, item vectorCase) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return judge(file, item)
}

func judgeKey(_ vectorFile, item vectorCase) error {
	if item.Kind == "signer" {
		_, err := note.NewSigner(item.Key)
		return err
	}
	_, err := note.NewVerifier(item.Key)
	return err
}

func judgeNote(file vectorFile, item vectorCase) error {
	vkeys := item.VKeys
	for _, id := range item.Verifiers {
		vkeys = append(vkeys, file.Keys[id].VKey)
	}
	seen := make(map[string]bool)
	var verifiers []note.Verifier
	for _, vkey := range vkeys {
		if seen[vkey] {
			continue
		}
		seen[vkey] = true
		verifier, err := note.NewVerifier(vkey)
		if err != nil {
			return err
		}
		verifiers = append(verifiers, verifier)
	}
	msg := []byte(item.Note)
	if item.NoteBase64 != "" {
		bytes, err := base64.StdEncoding.DecodeString(item.NoteBase64)
		if err != nil {
			return err
		}
		msg = bytes
	}
	opened, err := note.Open(msg, note.VerifierList(verifiers...))
	if err != nil {
		return err
	}
	if item.Text != "" && opened.Text != item.Text {
		return fmt.Errorf("the text is %q", opened.Text)
	}
	return nil
}

func judgeTree(_ vectorFile, item vectorCase) error {
	if item.Kind == "leaf" {
		entry, err := hex.DecodeString(item.Entry)
		if err != nil {
			return err
		}
		return sameHash(tlog.RecordHash(entry), item.Hash)
	}
	size := int64(item.Size.(float64))
	var stored storedHashes
	for i := int64(0); i < size; i++ {
		hashes, err := tlog.StoredHashes(i, []byte(fmt.Sprintf("entry %d", i)), stored)
		if err != nil {
			return err
		}
		stored = append(stored, hashes...)
	}
	root, err := tlog.TreeHash(size, stored)
	if err != nil {
		return err
	}
	return sameHash(root, item.Root)
}

func judgeInclusion(_ vectorFile, item vectorCase) error {
	index, size, err := twoNumbers(item.Index, item.Size.(string))
	if err != nil {
		return err
	}
	leaf, err := tlog.ParseHash(item.Leaf)
	if err != nil {
		return err
	}
	root, err := tlog.ParseHash(item.Root)
	if err != nil {
		return err
	}
	proof, err := readProof(item.Proof)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, size, root, index, leaf)
}

func judgeConsistency(_ vectorFile, item vectorCase) error {
	first, second, err := twoNumbers(item.First, item.Second)
	if err != nil {
		return err
	}
	firstRoot, err := tlog.ParseHash(item.FirstRoot)
	if err != nil {
		return err
	}
	secondRoot, err := tlog.ParseHash(item.SecondRoot)
	if err != nil {
		return err
	}
	proof, err := readProof(item.Proof)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, second, secondRoot, first, firstRoot)
}

func twoNumbers(a, b string) (int64, int64, error) {
	first, err := strconv.ParseInt(a, 10, 64)
	if err != nil {
		return 0, 0, err
	}
	second, err := strconv.ParseInt(b, 10, 64)
	return first, second, err
}

func readProof(raw any) ([]tlog.Hash, error) {
	var proof []tlog.Hash
	for _, text := range raw.([]any) {
		hash, err := tlog.ParseHash(text.(string))
		if err != nil {
			return nil, err
		}
		proof = append(proof, hash)
	}
	return proof, nil
}

func sameHash(hash tlog.Hash, text string) error {
	if hash.String() != text {
		return fmt.Errorf("the hash is %v", hash)
	}
	return nil
}

// storedHashes are hashes in the order of sumdb/tlog.
type storedHashes []tlog.Hash

func (s storedHashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		hashes[i] = s[index]
	}
	return hashes, nil
}
