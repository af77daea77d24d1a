// SPDX-License-Identifier: Apache-2.0

// A server of Roughtime (draft-ietf-ntp-roughtime-19), written from the draft and with nothing but Go's
// standard library, so that Docket's client is tested against code that shares nothing with it.
//
// It answers only requests that are as the draft wants them. It can lie about the time, and it can break
// its replies in one way at a time: -break names the way, or with -obey each request's nonce does, which
// then begins with "break:" and the name.
//
// Prints "PORT KEY" (key in hex) once it listens, and runs until its standard input ends.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"sort"
	"strings"
	"time"
)

var (
	offset  = flag.Int64("offset", 0, "seconds to add to the time")
	radius  = flag.Uint("radius", 3, "seconds that the time may be off")
	version = flag.Uint("version", 1, "version to answer with, if the client knows it: 1, or 2147483660")
	batch   = flag.Int("batch", 1, "requests that one signed root covers; the others are made up")
	seed    = flag.String("seed", "", "seed of the long-term key, hex; random by default")
	breaks  = flag.String("break", "", "how replies are broken")
	obey    = flag.Bool("obey", false, "let nonces say how replies are broken")
	listen  = flag.String("listen", "127.0.0.1:0", "address and port")
)

const packetHead = "ROUGHTIM"

type field struct {
	tag   string
	value []byte
}

func main() {
	flag.Parse()
	public, private := longTermKey()
	conn, err := net.ListenPacket("udp", *listen)
	if err != nil {
		fail(err)
	}
	fmt.Printf("%d %s\n", conn.LocalAddr().(*net.UDPAddr).Port, hex.EncodeToString(public))
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	buffer := make([]byte, 65536)
	for {
		n, from, err := conn.ReadFrom(buffer)
		if err != nil {
			fail(err)
		}
		request := append([]byte(nil), buffer[:n]...)
		nonce, why := readRequest(request, public)
		if why != "" {
			fmt.Fprintln(os.Stderr, "ignored:", why)
			continue
		}
		way := wayOf(nonce)
		reply := answer(request, nonce, private, way)
		// Section 9.7: nothing larger than the request. A broken reply may be.
		if reply != nil && (len(reply) <= len(request) || way != "") {
			conn.WriteTo(reply, from)
		}
	}
}

func longTermKey() (ed25519.PublicKey, ed25519.PrivateKey) {
	bytes := make([]byte, ed25519.SeedSize)
	if *seed == "" {
		rand.Read(bytes)
	} else if decoded, err := hex.DecodeString(*seed); err != nil || len(decoded) != len(bytes) {
		fail(fmt.Errorf("a seed has 32 bytes"))
	} else {
		bytes = decoded
	}
	private := ed25519.NewKeyFromSeed(bytes)
	return private.Public().(ed25519.PublicKey), private
}

// How the reply to a request is broken.
func wayOf(nonce []byte) string {
	if *obey && bytes.HasPrefix(nonce, []byte("break:")) {
		return strings.TrimRight(string(nonce[6:]), "\x00")
	}
	return *breaks
}

// Section 5.1. Returns the nonce, or why the request is ignored.
func readRequest(packet []byte, public ed25519.PublicKey) (nonce []byte, why string) {
	if len(packet) < 12 || string(packet[:8]) != packetHead {
		return nil, "no packet"
	}
	if int(binary.LittleEndian.Uint32(packet[8:])) != len(packet)-12 {
		return nil, "a wrong length"
	}
	fields, ok := readMessage(packet[12:])
	if !ok {
		return nil, "a malformed message"
	}
	if len(packet)-12 < 1024 {
		return nil, "less than 1,024 bytes"
	}
	if kind, ok := fields["TYPE"]; !ok || !bytes.Equal(kind, le32(0)) {
		return nil, "no TYPE of 0"
	}
	if !offered(fields["VER"]) {
		return nil, "no version that this server has, or versions out of order"
	}
	wanted := short([]byte{0xff}, public)
	if name, ok := fields["SRV"]; ok && !bytes.Equal(name, wanted) {
		return nil, "another server's key"
	}
	if padding := fields["ZZZZ"]; len(bytes.Trim(padding, "\x00")) != 0 {
		return nil, "padding that is not zero"
	}
	if len(fields["NONC"]) != 32 {
		return nil, "no nonce of 32 bytes"
	}
	return fields["NONC"], ""
}

// Section 5.1.1: ascending, none twice, 32 at most, and ours among them.
func offered(list []byte) bool {
	if len(list) == 0 || len(list)%4 != 0 || len(list) > 128 {
		return false
	}
	found := false
	for i := 0; i < len(list); i += 4 {
		this := binary.LittleEndian.Uint32(list[i:])
		if i > 0 && this <= binary.LittleEndian.Uint32(list[i-4:]) {
			return false
		}
		found = found || this == uint32(*version)
	}
	return found
}

// Section 4.
func readMessage(message []byte) (map[string][]byte, bool) {
	if len(message) < 4 || len(message)%4 != 0 {
		return nil, false
	}
	count := int(binary.LittleEndian.Uint32(message))
	if count < 1 || count > 100 || 8*count > len(message) {
		return nil, false
	}
	values := message[8*count:]
	fields := map[string][]byte{}
	start, last := 0, uint32(0)
	for i := 0; i < count; i++ {
		end := len(values)
		if i < count-1 {
			end = int(binary.LittleEndian.Uint32(message[4+4*i:]))
		}
		name := message[4*count+4*i:][:4]
		tag := binary.LittleEndian.Uint32(name)
		if end < start || end > len(values) || end%4 != 0 || tag <= last {
			return nil, false
		}
		fields[strings.TrimRight(string(name), "\x00")] = values[start:end]
		start, last = end, tag
	}
	return fields, true
}

// Section 5.2.
func answer(request, nonce []byte, private ed25519.PrivateKey, way string) []byte {
	if way == "silent" {
		return nil
	}
	now := uint64(time.Now().Unix() + *offset)
	index, path, root := tree(request, way)
	signed := encode(signedReply(now, root, way))
	public, delegated, _ := ed25519.GenerateKey(rand.Reader)
	from, to := now-60, now+3600
	switch way {
	case "too-late":
		to = now - 1
	case "too-early":
		from = now + 1
	case "always":
		from, to = 0, ^uint64(0)
	}
	delegation := encode([]field{{"PUBK", public}, {"MINT", le64(from)}, {"MAXT", le64(to)}})
	context := "RoughTime v1 delegation signature\x00"
	if way == "old-context" {
		context = "RoughTime v1 delegation signature--\x00"
	}
	word := ed25519.Sign(private, append([]byte(context), delegation...))
	if way == "delegation" {
		word[10] ^= 1
	}
	certificate := encode([]field{{"SIG", word}, {"DELE", delegation}})
	signature := ed25519.Sign(delegated, append([]byte("RoughTime v1 response signature\x00"), signed...))
	if way == "long-term-signs" {
		signature = ed25519.Sign(private, append([]byte("RoughTime v1 response signature\x00"), signed...))
	}
	if way == "signature" {
		signature[63] ^= 1
	}
	fields := []field{
		{"SIG", signature}, {"NONC", nonce}, {"TYPE", le32(1)}, {"PATH", path}, {"SREP", signed},
		{"CERT", certificate}, {"INDX", le32(index)},
	}
	return breakPacket(breakFields(fields, way), way)
}

// Section 5.2.5.
func signedReply(now uint64, root []byte, way string) []field {
	chosen, listed := uint32(*version), le32(uint32(*version))
	ours := uint32(*radius)
	switch way {
	case "other-version":
		chosen, listed = 7, le32(7)
	case "unlisted-version":
		listed = le32(7)
	case "no-radius":
		ours = 0
	case "versions-out-of-order":
		listed = append(le32(9), listed...)
	case "far-future":
		now = 1 << 60
	}
	fields := []field{
		{"VER", le32(chosen)}, {"RADI", le32(ours)}, {"MIDP", le64(now)}, {"VERS", listed}, {"ROOT", root},
	}
	if way == "grease" {
		fields = append(fields, field{"GREA", []byte("anything")})
	}
	return fields
}

// Section 5.3: a tree whose other leaves are made up, and the path from the request's leaf.
func tree(request []byte, way string) (index uint32, path, root []byte) {
	if way == "nonce-leaf" { // as in drafts before the twelfth
		request = request[len(request)-32:]
	}
	size := 1
	for size < *batch {
		size *= 2
	}
	index = uint32(*batch) * 5 / 7
	level := make([][]byte, size)
	for i := range level {
		level[i] = make([]byte, 32)
		rand.Read(level[i])
	}
	level[index] = short([]byte{0}, request)
	at := index
	for len(level) > 1 {
		path = append(path, level[at^1]...)
		next := make([][]byte, len(level)/2)
		for i := range next {
			next[i] = short([]byte{1}, level[2*i], level[2*i+1])
		}
		level, at = next, at/2
	}
	root = level[0]
	switch way {
	case "root":
		root = short([]byte("another"))
	case "index":
		index ^= 1
	case "index-beyond":
		index |= 1 << 31
	case "long-path":
		path = make([]byte, 33*32)
	case "odd-path":
		path = append(path, 0, 0, 0, 0)
	}
	return index, path, root
}

func breakFields(fields []field, way string) []field {
	without := func(tag string) []field {
		kept := []field{}
		for _, each := range fields {
			if each.tag != tag {
				kept = append(kept, each)
			}
		}
		return kept
	}
	if strings.HasPrefix(way, "without-") {
		return without(strings.TrimPrefix(way, "without-"))
	}
	switch way {
	case "nonce":
		other := make([]byte, 32)
		return append(without("NONC"), field{"NONC", other})
	case "request-type":
		return append(without("TYPE"), field{"TYPE", le32(0)})
	case "long-type":
		return append(without("TYPE"), field{"TYPE", le64(1)})
	case "short-signature":
		return append(without("SIG"), field{"SIG", make([]byte, 60)})
	case "grease":
		return append(fields, field{"AAAA", nil}, field{"ZZZ", []byte("else")})
	case "small-letters":
		return append(fields, field{"zzzz", nil})
	case "twice":
		return append(fields, fields[0])
	}
	return fields
}

func breakPacket(fields []field, way string) []byte {
	message := encode(fields)
	switch way {
	case "unsorted":
		count := 4 * len(fields)
		first, second := message[count:count+4], message[count+4:count+8]
		swap := append([]byte(nil), first...)
		copy(first, second)
		copy(second, swap)
	case "offset-back":
		binary.LittleEndian.PutUint32(message[8:], 4)
	case "offset-odd":
		message[4] |= 1
	case "offset-beyond":
		binary.LittleEndian.PutUint32(message[4*(len(fields)-1):], uint32(len(message)))
	case "many-tags":
		binary.LittleEndian.PutUint32(message, 1<<30)
	case "no-tags":
		message = le32(0)
	case "cut":
		message = message[:len(message)-4]
	}
	packet := append([]byte(packetHead), le32(uint32(len(message)))...)
	packet = append(packet, message...)
	switch way {
	case "no-head":
		packet = packet[12:]
	case "length":
		packet[8]++
	case "trailing":
		packet = append(packet, 0, 0, 0, 0)
	case "empty":
		packet = []byte{}
	case "noise":
		rand.Read(packet)
	}
	return packet
}

// Section 4.2.
func encode(fields []field) []byte {
	sorted := append([]field(nil), fields...)
	sort.SliceStable(sorted, func(i, j int) bool { return number(sorted[i].tag) < number(sorted[j].tag) })
	message := le32(uint32(len(sorted)))
	at := 0
	for _, each := range sorted[:len(sorted)-1] {
		at += len(each.value)
		message = append(message, le32(uint32(at))...)
	}
	for _, each := range sorted {
		message = append(message, le32(number(each.tag))...)
	}
	for _, each := range sorted {
		message = append(message, each.value...)
	}
	return message
}

// A tag as a number: its letters, the first one lowest.
func number(tag string) uint32 {
	padded := append([]byte(tag), 0, 0, 0, 0)
	return binary.LittleEndian.Uint32(padded)
}

// H(x): the first 32 bytes of SHA-512.
func short(parts ...[]byte) []byte {
	sum := sha512.Sum512(bytes.Join(parts, nil))
	return sum[:32]
}

func le32(value uint32) []byte {
	return binary.LittleEndian.AppendUint32(nil, value)
}

func le64(value uint64) []byte {
	return binary.LittleEndian.AppendUint64(nil, value)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
