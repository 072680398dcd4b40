package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"encoding/binary"
	"fmt"

	"tokenscale/store"
)

// The seal of a row shows that we wrote it, and not that it is the newest under its key. That shows
// in the sum of the shares of all rows, which the store keeps.
//
// A share is the row's seal under a cipher, so it is as unpredictable as the seal is, and costs no
// second HMAC. Whoever could read the sums would learn shares by their differences, and with some
// hundred known shares could choose old rows that add up to nothing (Wagner's generalized birthday
// attack on such hashes). So the sums are not only sealed but hidden:
//
//	format (1 byte) | key id (4 bytes) | MAC (16 bytes) | the sums under AES-CTR
//
// The MAC is that of a row, over the sums as they are, and where CTR begins: what RFC 5297 calls a
// synthetic initialization vector. It needs no chance, and leaks nothing even when the same number
// of a commit comes twice, after a restore.

// sumsTable is what the seal of the sums is bound to; no table of a store.
const sumsTable = store.Table("sums")

const nameOfSums = "of all rows"

// A summer makes shares and hides sums under one key. It is safe for concurrent use.
type summer struct{ shares, sums cipher.Block }

func newSummer(shares, sums []byte) (s summer, err error) {
	if s.shares, err = aes.NewCipher(shares); err != nil {
		return s, err
	}
	s.sums, err = aes.NewCipher(sums)
	return s, err
}

// Share implements store.Summer. A row that nobody sealed has one too.
func (k *Keys) Share(_ store.Table, _, row []byte) store.Sum {
	r := k.ring()
	by := r.sealing
	if len(row) >= sealOverhead {
		if named := r.all[KeyOf(row)]; named != nil {
			by = named
		}
	}
	return by.summing.share(row)
}

func (s summer) share(row []byte) store.Sum {
	var block [aes.BlockSize]byte
	copy(block[:], row[max(0, len(row)-sealMAC):])
	s.shares.Encrypt(block[:], block[:])
	return sumOf(block[:])
}

func sumOf(b []byte) store.Sum {
	return store.Sum{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
}

const sumLen = 16

// SealSums implements store.Summer.
func (k *Keys) SealSums(commit uint64, sums []store.Sum) []byte {
	by := k.ring().sealing
	plain := by.appendHead(make([]byte, 0, sealHead+sumLen*len(sums)))
	for _, s := range sums {
		plain = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(plain, s[0]), s[1])
	}
	sealed := make([]byte, sealOverhead+sumLen*len(sums))
	by.macOfSums(append(sealed[:0], plain[:sealHead]...), commit, plain)
	by.hideSums(sealed[sealOverhead:], plain[sealHead:], sealed)
	return sealed
}

// macOfSums appends the MAC of the sums of a commit.
func (k *key) macOfSums(out []byte, commit uint64, plain []byte) []byte {
	var name [8]byte
	binary.BigEndian.PutUint64(name[:], commit)
	return k.seal.appendMAC(out, sumsTable, name[:], plain)
}

// hideSums puts text into out, under CTR from the MAC in sealed on. It also reverses that.
func (k *key) hideSums(out, text, sealed []byte) {
	cipher.NewCTR(k.summing.sums, sealed[sealHead:sealOverhead]).XORKeyStream(out, text)
}

// OpenSums implements store.Summer. Its errors wrap ErrSeal, with store.ErrUnknownKey if they are
// under a key that is not there, or store.ErrLacksKey if the store says that this node lacks a key.
func (k *Keys) OpenSums(commit uint64, sealed []byte) ([]store.Sum, error) {
	if len(sealed) < sealOverhead || (len(sealed)-sealOverhead)%sumLen != 0 || sealed[0] != sealFormat {
		return nil, damagedSums(changedOutside)
	}
	r := k.ring()
	if id := KeyOf(sealed); r.lacks(r.said.Key) || r.lacks(id) && id == r.said.Next {
		return nil, fmt.Errorf("%w: %s", store.ErrLacksKey, r.newest())
	}
	key, why := r.opener(KeyOf(sealed), k.oldSeals)
	if key == nil {
		return nil, &SealError{Table: sumsTable, Name: nameOfSums, Why: why, unknown: r.all[KeyOf(sealed)] == nil}
	}
	plain := make([]byte, len(sealed)-sealMAC)
	copy(plain, sealed[:sealHead])
	text := plain[sealHead:]
	key.hideSums(text, sealed[sealOverhead:], sealed)
	var buf [sealMAC]byte
	if !hmac.Equal(key.macOfSums(buf[:0], commit, plain), sealed[sealHead:sealOverhead]) {
		return nil, damagedSums(changedOutside)
	}
	sums := make([]store.Sum, len(text)/sumLen)
	for i := range sums {
		sums[i] = sumOf(text[i*sumLen:])
	}
	return sums, nil
}

func damagedSums(why string) error {
	return &SealError{Table: sumsTable, Name: nameOfSums, Why: why}
}
