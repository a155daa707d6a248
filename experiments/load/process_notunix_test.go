//go:build !unix

package load_test

import (
	"context"

	"socketbench/patterns/child"
)

const answerVerb = "answer"

func answer(context.Context, *child.Conn) error { return nil }
