import subprocess,sys,psutil
from tests.contract.serving import *
def test_load(localgcp):
    e=new_endpoint(localgcp); deploy(localgcp,e,upload_model(localgcp,"x"),"1",{"0":100})
    p=psutil.Process(localgcp.pid); c0=p.cpu_times()
    print(subprocess.run([sys.executable,"/tmp/load.py","127.0.0.1",str(localgcp.port),e,"100","20"],capture_output=True,text=True))
    c1=p.cpu_times(); print("server cpu s per request ms", (c1.user+c1.system-c0.user-c0.system)/2000*1000)
