package scalar

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"
)

func TestWholeNumbersAreTakenInEveryNotationAndNothingElseIs(t *testing.T) {
	const no = -77
	for text, want := range map[string]int64{
		"5": 5, "-5": -5, "0": 0, "-0": 0, "5.0": 5, "-5.000": -5, "5e0": 5, "50e-1": 5, "0.5e1": 5, "1.9E12": 1_900_000_000_000, "1.9e+12": 1_900_000_000_000,
		"1900000000000.0": 1_900_000_000_000, "0.0": 0, "0e999999999": 0, "-0.0E-99999999999999999999": 0,
		// These lie beyond what a float64 tells apart.
		"9007199254740993.0": 9_007_199_254_740_993, "9007199254740993e0": 9_007_199_254_740_993,
		"9223372036854775807": 1<<63 - 1, "9223372036854775807.0": 1<<63 - 1, "-9223372036854775808.0": -1 << 63, "9.223372036854775807e18": 1<<63 - 1,
		"9223372036854775808.0": no, "-9223372036854775809.0": no, "9.223372036854775808e18": no, "1e19": no, "1e400": no, "1e999999999": no, "-1e99999999999999999999": no,
		"5.5": no, "9223372036854775806.5": no, "1e-1": no, "1e-999999999": no, "1e-99999999999999999999": no, "55e-1": no,
		"": no, "-": no, ".": no, "5.": no, ".5": no, "+5": no, "--5": no, "5e": no, "5e+": no, "5e+-1": no, "e5": no, "5e1.0": no, " 5": no, "5 ": no,
		"0x10": no, "1_000": no, "1_000.0": no, "NaN": no, "Infinity": no, "12x": no, "5.0x": no, "\u0665.0": no,
		"1" + strings.Repeat("0", 100_000) + "e-100000": 1, "0." + strings.Repeat("0", 100_000) + "12e100002": 12, "1" + strings.Repeat("0", 100_000): no,
	} {
		if n, ok := Whole(text); ok != (want != no) || ok && n != want {
			t.Errorf("%.40q is %d, %v; want %d", text, n, ok, want)
		}
	}
}

func TestTheTextOfALongIsDigitsOnly(t *testing.T) {
	for text, want := range map[string]bool{
		"1900000000000": true, "0": true, "9223372036854775807": true, "007": true,
		"": false, " 5": false, "5 ": false, "5.0": false, "1.9E12": false, "-5": false, "+5": false, "12x": false, "0x1": false, "1_0": false, "\u0665": false, "9223372036854775808": false,
	} {
		if _, err := UnmarshalLong(text); (err == nil) != want {
			t.Errorf("%q: %v, want it taken: %v", text, err, want)
		}
	}
	if _, err := UnmarshalInt("5"); err == nil {
		t.Error("an Int is taken as text")
	}
}

func FuzzWhole(f *testing.F) {
	for _, seed := range []string{"5.0", "-1.9E12", "1e-3", "9223372036854775807.0", "0e5", "1e30", "123.4500e2", "1e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, ok := Whole(text)
		if !json.Valid([]byte(text)) || strings.Trim(text, " \t\r\n") != text {
			if ok && !json.Valid([]byte(strings.TrimLeft(text, "-0"))) && strings.Trim(text, "-0.eE+123456789") != "" {
				t.Errorf("%q is no number, but taken as %d", text, n)
			}
			return
		}
		exact, isNumber := new(big.Rat).SetString(text)
		if _, exponent, found := strings.Cut(strings.ToLower(text), "e"); !isNumber || found && len(exponent) > 4 {
			return // what math/big would not get done with
		}
		want := exact.IsInt() && exact.Num().IsInt64()
		if ok != want || ok && exact.Num().Int64() != n {
			t.Errorf("%s is %d, %v; want %s, %v", text, n, ok, exact.RatString(), want)
		}
	})
}
