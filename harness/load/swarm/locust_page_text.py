"""The page at /sip of Locust's web UI, as text: no framework, nothing loaded from elsewhere."""

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>SIP figures</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root{color-scheme:light dark}
body{font:15px/1.4 system-ui,sans-serif;margin:1.5rem;max-width:75rem}
h1{font-size:1.3rem} h2{font-size:1rem;margin:.2rem 0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
td,th{padding:.2rem .8rem .2rem 0;text-align:right} td:first-child,th:first-child{text-align:left}
.tiles{display:flex;flex-wrap:wrap;gap:1.5rem} .tiles b{display:block;font-size:1.5rem}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(24rem,1fr));gap:1.5rem;margin:1.5rem 0}
svg{width:100%;height:9rem;border-bottom:1px solid #8888;border-left:1px solid #8888}
.key{font-size:.85rem}
</style></head><body>
<p><a href="../">Locust</a> &middot; <a href="sip/figures.csv">CSV</a> &middot;
<a href="sip/figures.json">JSON</a></p>
<h1 id="title">No load has begun yet.</h1>
<div class="tiles" id="tiles"></div><div class="plots" id="plots"></div>
<h2>Latency from the intended start, ms</h2><table id="latencies"></table>
<h2>RFC 6076</h2><table id="metrics"></table>
<script>
const COLOURS=["#1f77b4","#d62728","#2ca02c","#ff7f0e","#9467bd","#8c564b","#17becf","#7f7f7f"];
const base=location.pathname.replace(/\\/$/,"");
const element=(name,text)=>{const made=document.createElement(name);
 if(text!==undefined)made.textContent=text;return made};
const number=value=>value===null||value===undefined?"":Math.round(value*100)/100+"";
function row(cells,head){const made=element("tr");
 for(const cell of cells)made.append(element(head?"th":"td",cell));return made}
function fill(id,rows){const at=document.getElementById(id);at.replaceChildren(...rows)}
function plot(one){
 const box=element("div");box.append(element("h2",one.title));
 const names=Object.keys(one.lines),all=names.flatMap(name=>one.lines[name]).filter(value=>value!==null);
 const top=Math.max(1e-9,...all),svg=document.createElementNS("http://www.w3.org/2000/svg","svg");
 svg.setAttribute("viewBox","0 0 600 100");svg.setAttribute("preserveAspectRatio","none");
 names.forEach((name,index)=>{const values=one.lines[name],step=600/Math.max(1,values.length-1);
  let path="",pen="M";
  values.forEach((value,at)=>{if(value===null){pen="M";return}
   path+=pen+(at*step).toFixed(1)+" "+(98-96*value/top).toFixed(1);pen="L"});
  const line=document.createElementNS("http://www.w3.org/2000/svg","path");line.setAttribute("d",path);
  line.setAttribute("fill","none");line.setAttribute("stroke",COLOURS[index%8]);
  line.setAttribute("vector-effect","non-scaling-stroke");line.setAttribute("stroke-width","1.5");svg.append(line)});
 box.append(svg);const key=element("div");key.className="key";
 names.forEach((name,index)=>{const last=one.lines[name].filter(value=>value!==null).at(-1);
  const part=element("span",name+" "+number(last)+"  ");part.style.color=COLOURS[index%8];key.append(part)});
 key.append(element("span","top "+number(top)));box.append(key);return box}
async function renew(){
 try{const answer=await fetch(base+"/figures.json"),seen=await answer.json();
 if(seen.running){
  document.getElementById("title").textContent=seen.title;
  const now=seen.now,tiles=[["calls up",now.concurrent],["a second",now.rate],["attempts",now.attempts],
   ["failed",now.failed],["retransmissions",now.retransmissions],
   ["lowest MOS",number(now.mos_lowest)||"\\u2013"],
   ["workers",now.workers]];
  fill("tiles",tiles.map(([name,value])=>{const made=element("span",name);
   made.prepend(element("b",value+""));return made}));
  fill("plots",seen.plots.filter(one=>Object.values(one.lines).some(line=>line.some(value=>value!==null))).map(plot));
  fill("latencies",[row(["kind","outcome","count","50 %","90 %","99 %","longest"],true),
   ...seen.latencies.map(each=>row([each.kind,each.code,each.count,...[each.p50,each.p90,each.p99,each.max].map(number)]))]);
  fill("metrics",seen.metrics.map(each=>row([each.name+" "+each.title,
   each.value===null?"undefined":number(each.value)+" "+each.unit])));
 }}catch(error){document.getElementById("title").textContent="no answer from Locust: "+error}
 setTimeout(renew,1000)}
renew();
</script></body></html>
"""
