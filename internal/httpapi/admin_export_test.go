package httpapi

// RouteList is every route of the router, as "GET /api/x/:id".
func (s *Server) RouteList() []string {
	var all []string
	for _, r := range s.engine.Routes() {
		all = append(all, r.Method+" "+r.Path)
	}
	return all
}

// FillExports lets as many exports run as may, until free is called.
func (s *Server) FillExports() (free func()) {
	for range cap(s.exports) {
		s.exports <- struct{}{}
	}
	return func() {
		for range cap(s.exports) {
			<-s.exports
		}
	}
}
