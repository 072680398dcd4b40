//go:build bench

package plot

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSVG_IsXMLAndTheSameForTheSameFigures(t *testing.T) {
	panels := []Panel{
		{Title: "from zero", X: []int{1000, 5_000_000}, Series: []Series{{"one", []float64{210, 211}}, {"all", []float64{220, 1900}}}},
		{Title: "in powers of ten", Log: true, X: []int{1000, 5_000_000}, Series: []Series{{"", []float64{0.01, 90}}}},
		{Title: "one size only", X: []int{1000}, Series: []Series{{"", []float64{0}}}},
	}
	drawn := SVG(panels)
	if drawn != SVG(panels) {
		t.Error("the same figures gave another plot")
	}
	for d := xml.NewDecoder(strings.NewReader(drawn)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(drawn, "NaN") || strings.Contains(drawn, "Inf") {
		t.Error("a point has no place")
	}
}

func TestPanel_AScaleBeginsAtZeroUnlessItIsLogarithmic(t *testing.T) {
	for highest, want := range map[float64]float64{9.6: 10, 729: 800, 0.17: 0.2, 1000: 1000} {
		p := Panel{X: []int{1, 10}, Series: []Series{{Values: []float64{highest / 2, highest}}}}
		ticks := p.ticks()
		if last := ticks[len(ticks)-1]; ticks[0] != 0 || last < highest || last > want*1.001 || len(ticks) > 6 {
			t.Errorf("up to %v: ticks %v, want some from 0 to %v", highest, ticks, want)
		}
	}
	p := Panel{Log: true, X: []int{1, 10}, Series: []Series{{Values: []float64{25, 1014}}}}
	if got := p.ticks(); got[0] != 10 || got[len(got)-1] != 1000 {
		t.Errorf("from 25 to 1014: ticks %v", got)
	}
}
