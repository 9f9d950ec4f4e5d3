// SPDX-License-Identifier: Apache-2.0

// Command verify judges a log by Go's own note and tlog packages, of which none of
// our code is a part. It prints "believed" and ends with status 0, or says why not.
//
//	verify proof KEY... PROOF ENTRY       one entry, proven in one file
//	verify grown KEY OLD NEW PROOF        two checkpoints, and the hashes between them
//	verify log KEY FOLDER                 every entry of a log, through its tiles
package main

import (
	"bytes"
	"crypto/ed25519"
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

func main() {
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("believed")
}

func run(what string, args []string) error {
	last := len(args) - 1
	switch what {
	case "proof":
		return proof(args[:last-1], args[last-1], args[last])
	case "grown":
		return grown(args[0], args[1], args[2], args[3])
	case "log":
		return wholeLog(args[0], args[1])
	}
	return errors.New("unknown command")
}

func proof(keys []string, file, entryFile string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	entry, err := os.ReadFile(entryFile)
	if err != nil {
		return err
	}
	head, published, found := bytes.Cut(data, []byte("\n\n"))
	if !found {
		return errors.New("no empty line")
	}
	lines := strings.Split(string(head), "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("first line")
	}
	lines = lines[1:]
	if strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "index "), 10, 64)
	if err != nil {
		return err
	}
	hashes, err := hashesOf(lines[1:])
	if err != nil {
		return err
	}
	tree, err := checkpoint(keys, published)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(hashes, tree.N, tree.Hash, index, tlog.RecordHash(entry))
}

func grown(key, oldFile, newFile, proofFile string) error {
	var trees [2]tlog.Tree
	for i, name := range []string{oldFile, newFile} {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if trees[i], err = checkpoint([]string{key}, data); err != nil {
			return err
		}
	}
	data, err := os.ReadFile(proofFile)
	if err != nil {
		return err
	}
	hashes, err := hashesOf(strings.Fields(string(data)))
	if err != nil {
		return err
	}
	return tlog.CheckTree(hashes, trees[1].N, trees[1].Hash, trees[0].N, trees[0].Hash)
}

func wholeLog(key, folder string) error {
	data, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return err
	}
	tree, err := checkpoint([]string{key}, data)
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tree, files{folder, tree.N})
	for first := int64(0); first < tree.N; first += 256 {
		width := tree.N - first
		if width > 256 {
			width = 256
		}
		entries, err := bundle(folder, first/256, width)
		if err != nil {
			return err
		}
		var indexes []int64
		for i := range entries {
			indexes = append(indexes, tlog.StoredHashIndex(0, first+int64(i)))
		}
		hashes, err := reader.ReadHashes(indexes)
		if err != nil {
			return err
		}
		for i, entry := range entries {
			if tlog.RecordHash(entry) != hashes[i] {
				return fmt.Errorf("entry %d is not that of the tree", first+int64(i))
			}
		}
	}
	return nil
}

// checkpoint believes a signed head: the first key is the log's, the others co-sign.
func checkpoint(keys []string, data []byte) (tlog.Tree, error) {
	log, err := note.NewVerifier(keys[0])
	if err != nil {
		return tlog.Tree{}, err
	}
	verifiers := []note.Verifier{log}
	for _, key := range keys[1:] {
		one, err := newWitness(key)
		if err != nil {
			return tlog.Tree{}, err
		}
		verifiers = append(verifiers, one)
	}
	signed, err := note.Open(data, note.VerifierList(verifiers...))
	if err != nil {
		return tlog.Tree{}, err
	}
	if len(signed.Sigs) != len(keys) {
		return tlog.Tree{}, fmt.Errorf("%d of %d have signed", len(signed.Sigs), len(keys))
	}
	lines := strings.Split(signed.Text, "\n")
	if len(lines) != 4 || lines[0] != log.Name() || lines[3] != "" {
		return tlog.Tree{}, errors.New("the head is not this log's")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return tlog.Tree{}, err
	}
	return tlog.Tree{N: size, Hash: root}, nil
}

func hashesOf(lines []string) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		found = append(found, hash)
	}
	return found, nil
}

// files reads tiles as the log published them, for a tree of one size.
type files struct {
	folder string
	size   int64
}

func (files) Height() int { return 8 }

func (f files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(f.folder, path))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func (files) SaveTiles([]tlog.Tile, [][]byte) {}

func bundle(folder string, index, width int64) ([][]byte, error) {
	tile := tlog.Tile{H: 8, L: -1, N: index, W: int(width)}
	path := strings.Replace(tile.Path(), "tile/8/data/", "tile/entries/", 1)
	data, err := os.ReadFile(filepath.Join(folder, path))
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
			return nil, errors.New("a bundle is cut off")
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		entries = append(entries, data[2:end])
		data = data[end:]
	}
	if int64(len(entries)) != width {
		return nil, errors.New("a bundle has another number of entries")
	}
	return entries, nil
}

// witness believes the co-signatures of one key.
type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newWitness(text string) (*witness, error) {
	parts := strings.SplitN(text, "+", 3)
	hash, err := strconv.ParseUint(parts[1], 16, 32)
	if err != nil {
		return nil, err
	}
	data, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(data) != 33 || data[0] != 4 {
		return nil, errors.New("no key of a witness")
	}
	return &witness{parts[0], uint32(hash), ed25519.PublicKey(data[1:])}, nil
}

func (w *witness) Name() string    { return w.name }
func (w *witness) KeyHash() uint32 { return w.hash }

func (w *witness) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	at := binary.BigEndian.Uint64(sig)
	signed := append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", at)), text...)
	return ed25519.Verify(w.key, signed, sig[8:])
}
