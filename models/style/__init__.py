"""Style transfer: a photograph in, a painting out (Gatys et al. 2016; Dumoulin et al. 2017; Ghiasi et al. 2017)."""
