// Package bucket keeps files in a bucket of S3, or of a server that speaks its protocol.
package bucket

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Scheme begins the address of a bucket.
const Scheme = "s3://"

// amazon is where buckets are unless another endpoint is given.
const amazon = "https://s3.amazonaws.com"

// Options say which bucket it is.
type Options struct {
	Address  string // s3://bucket/prefix
	Endpoint string // such as https://minio.example.org:9000; Amazon's if it is empty
	Region   string // asked of the endpoint if it is empty

	// Transport, for tests, takes the place of the usual one.
	Transport http.RoundTripper
}

// A Bucket is where files are kept. It is safe for concurrent use. It takes its credentials from
// the environment (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), from AWS's file of them, or from
// the machine's role, in this order, and never from the settings, which others can read.
type Bucket struct {
	client *minio.Client
	bucket string
	prefix string
}

// Check refuses an address or an endpoint that cannot be one, with a sentence.
func (o Options) Check() error {
	_, _, err := o.parse()
	return err
}

// parse returns the bucket and the endpoint.
func (o Options) parse() (b Bucket, endpoint *url.URL, err error) {
	rest, ok := strings.CutPrefix(o.Address, Scheme)
	b.bucket, b.prefix, _ = strings.Cut(rest, "/")
	if !ok || b.bucket == "" || strings.ContainsAny(rest, "?#@\\ ") || rest != strings.Trim(path.Clean("/"+rest), "/") {
		return b, nil, fmt.Errorf("%q is no address of a bucket: it is s3://bucket, or s3://bucket/prefix", o.Address)
	}
	if o.Endpoint == "" {
		o.Endpoint = amazon
	}
	endpoint, err = url.Parse(o.Endpoint)
	if err != nil || endpoint.Host == "" || endpoint.Scheme != "https" && endpoint.Scheme != "http" || endpoint.Path != "" || endpoint.User != nil || endpoint.RawQuery != "" {
		return b, nil, fmt.Errorf("%q is no endpoint of S3: it is such as https://minio.example.org:9000, with no path behind it", o.Endpoint)
	}
	return b, endpoint, nil
}

// Open returns the bucket. It asks nothing of it yet.
func Open(o Options) (*Bucket, error) {
	b, endpoint, err := o.parse()
	if err != nil {
		return nil, err
	}
	b.client, err = minio.New(endpoint.Host, &minio.Options{
		Secure: endpoint.Scheme == "https", Region: o.Region, Transport: o.Transport,
		Creds: credentials.NewChainCredentials([]credentials.Provider{&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{}}),
	})
	return &b, err
}

// String returns its address.
func (b *Bucket) String() string { return Scheme + path.Join(b.bucket, b.prefix) }

// Put copies the file at path under a name. The bucket has all of it or nothing.
func (b *Bucket) Put(ctx context.Context, name, file string) error {
	_, err := b.client.FPutObject(ctx, b.bucket, path.Join(b.prefix, name), file, minio.PutObjectOptions{
		ContentType:      "application/octet-stream",
		DisableMultipart: true, // a file is some megabytes, and one request is whole or was not
	})
	return explain(err)
}

// Get opens the file with a name. It returns an error that wraps fs.ErrNotExist if there is none.
func (b *Bucket) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	// One request from the beginning to the end; what the client offers beside asks for parts.
	whole := minio.Core{Client: b.client}
	in, _, _, err := whole.GetObject(ctx, b.bucket, path.Join(b.prefix, name), minio.GetObjectOptions{})
	return in, explain(err)
}

// explain says what is missing in terms of files.
func explain(err error) error {
	if err == nil {
		return nil
	}
	switch minio.ToErrorResponse(err).Code {
	case minio.NoSuchKey:
		return fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	case minio.NoSuchBucket:
		return fmt.Errorf("there is no such bucket; make it first: %w", err)
	}
	return err
}
