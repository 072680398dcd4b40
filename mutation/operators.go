package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"strconv"
	"strings"
)

// instead are the operators that an operator is mistaken for.
var instead = map[token.Token][]token.Token{
	token.LSS: {token.LEQ, token.GEQ}, token.LEQ: {token.LSS, token.GTR},
	token.GTR: {token.GEQ, token.LEQ}, token.GEQ: {token.GTR, token.LSS},
	token.EQL: {token.NEQ}, token.NEQ: {token.EQL},
	token.LAND: {token.LOR}, token.LOR: {token.LAND},
	token.ADD: {token.SUB}, token.SUB: {token.ADD}, token.MUL: {token.QUO}, token.QUO: {token.MUL}, token.REM: {token.MUL},
	token.AND: {token.OR}, token.OR: {token.AND}, token.AND_NOT: {token.AND}, token.XOR: {token.AND},
	token.SHL: {token.SHR}, token.SHR: {token.SHL},
	token.ADD_ASSIGN: {token.SUB_ASSIGN}, token.SUB_ASSIGN: {token.ADD_ASSIGN},
	token.MUL_ASSIGN: {token.QUO_ASSIGN}, token.QUO_ASSIGN: {token.MUL_ASSIGN},
	token.AND_ASSIGN: {token.OR_ASSIGN}, token.OR_ASSIGN: {token.AND_ASSIGN}, token.SHR_ASSIGN: {token.SHL_ASSIGN},
	token.INC: {token.DEC}, token.DEC: {token.INC},
}

// walk finds all mutants below n.
func (f *finder) walk(n ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			outer := f.results
			f.results = f.types(n.Type.Results)
			f.walk(n.Body)
			f.results = outer
			return false
		case *ast.BinaryExpr:
			f.operator(n.OpPos, n.Op)
		case *ast.UnaryExpr:
			if n.Op == token.NOT {
				f.swap(n, "("+f.text(n.X)+")")
			}
		case *ast.BasicLit:
			f.literal(n)
		case *ast.IfStmt:
			f.condition(n.Cond)
		case *ast.SwitchStmt:
			f.cases(n)
		case *ast.ReturnStmt:
			f.returns(n)
		case ast.Stmt:
			f.statement(n)
		}
		return true
	})
}

func (f *finder) operator(at token.Pos, op token.Token) {
	for _, other := range instead[op] {
		f.add(at, at+token.Pos(len(op.String())), other.String(), fmt.Sprintf("%s becomes %s", op, other))
	}
}

// literal makes a number or a letter one more and one less.
func (f *finder) literal(lit *ast.BasicLit) {
	if lit.Kind == token.CHAR {
		f.swap(lit, lit.Value+"+1")
	}
	if lit.Kind != token.INT {
		return
	}
	f.swap(lit, lit.Value+"+1")
	if v, err := strconv.ParseInt(strings.ReplaceAll(lit.Value, "_", ""), 0, 64); err == nil && v > 0 {
		f.swap(lit, lit.Value+"-1")
	}
}

// condition turns a condition round. A comparison is turned round already.
func (f *finder) condition(cond ast.Expr) {
	if b, ok := cond.(*ast.BinaryExpr); ok && b.Op != token.LAND && b.Op != token.LOR {
		return
	}
	f.swap(cond, "!("+f.text(cond)+")")
}

// cases leaves out each case of a switch.
func (f *finder) cases(s *ast.SwitchStmt) {
	for _, clause := range s.Body.List {
		c := clause.(*ast.CaseClause)
		for _, expr := range c.List {
			if s.Tag == nil {
				f.swap(expr, "false && ("+f.text(expr)+")")
				f.condition(expr)
			}
		}
		if s.Tag != nil || c.List == nil {
			f.add(c.Colon+1, c.End(), "", "the case does nothing")
		}
	}
}

// returns puts the zero value in the place of each result, and of a result that
// is true or false also the other one.
func (f *finder) returns(r *ast.ReturnStmt) {
	if len(r.Results) != len(f.results) {
		return
	}
	for i, expr := range r.Results {
		values := []string{"*new(" + f.results[i] + ")"}
		switch f.results[i] {
		case "bool":
			values = []string{"true", "false"}
		case "error":
			values = []string{"nil"}
		case "string":
			values = []string{`""`}
		}
		old := f.text(expr)
		for _, v := range values {
			if old != v && old != "nil" && old != `""` && old != "0" && !strings.HasSuffix(old, "{}") {
				f.swap(expr, v)
			}
		}
	}
}

// statement leaves out a statement, but for the names it uses.
func (f *finder) statement(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.ExprStmt:
		if call, ok := s.X.(*ast.CallExpr); ok {
			f.leaveOut(s, call.Args)
		}
	case *ast.DeferStmt:
		f.leaveOut(s, s.Call.Args)
	case *ast.GoStmt:
		f.leaveOut(s, s.Call.Args)
	case *ast.IncDecStmt:
		f.operator(s.TokPos, s.Tok)
		f.leaveOut(s, nil)
	case *ast.BranchStmt:
		f.leaveOut(s, nil)
	case *ast.AssignStmt:
		if s.Tok == token.DEFINE {
			return
		}
		f.operator(s.TokPos, s.Tok)
		if len(s.Lhs) == len(s.Rhs) {
			f.leaveOut(s, s.Rhs)
		}
	}
}

func (f *finder) leaveOut(s ast.Stmt, used []ast.Expr) {
	text := ""
	if len(used) > 0 {
		var names []string
		for _, u := range used {
			if _, isFunc := u.(*ast.FuncLit); !isFunc {
				names = append(names, f.text(u))
			}
		}
		text = "func(...any) {}(" + strings.Join(names, ", ") + ")"
	}
	f.add(s.Pos(), s.End(), text, "left out: "+strings.Join(strings.Fields(shorten(f.text(s))), " "))
}

func shorten(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}
